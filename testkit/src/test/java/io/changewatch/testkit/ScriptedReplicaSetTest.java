package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.Insert;
import io.changewatch.event.OperationType;
import io.changewatch.event.Update;
import io.changewatch.pipeline.Condition;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ScriptedReplicaSetTest {
    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final ScriptedReplicaSet servers = new ScriptedReplicaSet();
    private final ScriptedCollection orders = servers.collection("shop", "orders");
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final BlockingQueue<ChangeEvent<Document>> events = new LinkedBlockingQueue<>();

    @AfterEach
    void end() {
        servers.close();
    }

    private ChangeWatcherBuilder<Document> orders() {
        return with(ChangeWatcher.of(servers.client()).collection("shop", "orders"));
    }

    private ChangeWatcherBuilder<Document> with(ChangeWatcherBuilder<Document> builder) {
        return builder.name("test")
                .resumeFrom(store)
                .retry(RetryPolicy.exponential(SOON, SOON))
                .onEvent(events::add);
    }

    private ChangeEvent<Document> next() throws InterruptedException {
        ChangeEvent<Document> event = events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(event).as("an event within a minute").isNotNull();
        return event;
    }

    private List<OperationType> nextTypes(int count) throws InterruptedException {
        OperationType[] types = new OperationType[count];
        for (int i = 0; i < count; i++) {
            types[i] = next().operationType();
        }
        return List.of(types);
    }

    @Test
    void showsWhatIsWritten() throws InterruptedException {
        try (ChangeWatcher watcher = orders().fullDocument(FullDocument.UPDATE_LOOKUP)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
                .start()) {
            orders.insert(new Document("_id", 1).append("status", "new"))
                    .update(1, new Document("status", "paid"))
                    .replace(1, new Document("status", "sent"))
                    .delete(1);

            assertThat(((Insert<Document>) next()).document())
                    .isEqualTo(new Document("_id", 1).append("status", "new"));
            Update<Document> update = (Update<Document>) next();
            assertThat(update.updateDescription().updatedFields())
                    .isEqualTo(new Document("status", "paid").toBsonDocument());
            assertThat(update.documentBefore()).hasValue(new Document("_id", 1).append("status", "new"));
            assertThat(nextTypes(2)).containsExactly(OperationType.REPLACE, OperationType.DELETE);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void showsATransactionAsOne() throws InterruptedException {
        try (ChangeWatcher watcher = orders().start()) {
            servers.transaction(() -> orders.insert(new Document("_id", 1)).insert(new Document("_id", 2)));

            ChangeEvent<Document> first = next();
            ChangeEvent<Document> second = next();
            assertThat(first.transaction()).isPresent().isEqualTo(second.transaction());
            assertThat(first.clusterTime()).isEqualTo(second.clusterTime());
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void writesNothingOfATransactionThatFails() throws InterruptedException {
        try (ChangeWatcher watcher = orders().start()) {
            assertThatThrownBy(() -> servers.transaction(
                            () -> orders.insert(new Document("_id", 1)).delete(2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("There is no document with the _id ");
            orders.insert(new Document("_id", 3));

            assertThat(((Insert<Document>) next()).documentKey().getInt32("_id").getValue())
                    .isEqualTo(3);
            assertThatThrownBy(() -> orders.delete(1)).isInstanceOf(IllegalArgumentException.class);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void filtersAsTheServerDoes() throws InterruptedException {
        Condition paid = Condition.operation(OperationType.INSERT)
                .and(Condition.document("status").eq("paid"))
                .and(Condition.document("cents").gt(100));
        try (ChangeWatcher watcher = orders().pipeline(Pipeline.matching(paid)).start()) {
            orders.insert(new Document("_id", 1).append("status", "new").append("cents", 200))
                    .insert(new Document("_id", 2).append("status", "paid").append("cents", 99L))
                    .insert(new Document("_id", 3).append("status", "paid").append("cents", 101.5));

            assertThat(((Insert<Document>) next()).document().getInteger("_id")).isEqualTo(3);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void refusesAPipelineThatItDoesNotKnow() {
        assertThatThrownBy(() ->
                        orders().pipeline(Pipeline.empty().dropFields("secret")).start())
                .isInstanceOf(ConfigurationException.class)
                .cause()
                .hasMessageContaining("but not $unset. Test this pipeline against a real server: see LocalReplicaSet.");
    }

    @Test
    void survivesEveryBreakWithoutLossOrDuplicate() throws InterruptedException {
        List<Runnable> faults = List.of(
                servers::stepDown,
                servers::breakConnections,
                () -> servers.failNext(43),
                () -> servers.failNext(91, "ResumableChangeStreamError"));
        try (ChangeWatcher watcher = orders().start()) {
            for (int n = 0; n < 40; n++) {
                faults.get(n % faults.size()).run();
                orders.insert(new Document("_id", n));
            }
            for (int n = 0; n < 40; n++) {
                assertThat(((Insert<Document>) next()).document().getInteger("_id"))
                        .isEqualTo(n);
            }
            assertThat(watcher.stats().reconnects()).isPositive();
        }
        assertThat(events).isEmpty();
        assertThat(servers.openStreams()).isZero();
    }

    @Test
    void failsAWatcherWhoseHistoryIsLost() throws InterruptedException {
        ChangeWatcher watcher = orders().start();
        orders.insert(new Document("_id", 1));
        next();
        servers.loseHistory();

        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(watcher.failure()).get().isInstanceOf(HistoryLostException.class);
    }

    @Test
    void makesAGap() throws InterruptedException {
        try (ChangeWatcher watcher =
                orders().whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW).start()) {
            orders.insert(new Document("_id", 1));
            next();
            servers.loseHistory();

            assertThat(next()).isInstanceOf(Gap.class);
            orders.insert(new Document("_id", 2));
            assertThat(((Insert<Document>) next()).document().getInteger("_id")).isEqualTo(2);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void repeatsAfterACrash() throws InterruptedException {
        ChangeWatcher crashing = orders().start();
        store.ignoreSaves();
        orders.insert(new Document("_id", 1));
        next();
        crashing.close();
        store.keepSaves();

        try (ChangeWatcher watcher = orders().start()) {
            assertThat(((Insert<Document>) next()).document().getInteger("_id")).isEqualTo(1);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void repeatsAfterACrashAlsoWhereNothingWasSavedFromTheStart() throws InterruptedException {
        store.ignoreSaves();
        ChangeWatcher crashing = orders().start();
        orders.insert(new Document("_id", 1));
        next();
        crashing.close();
        store.keepSaves();

        try (ChangeWatcher watcher = orders().start()) {
            assertThat(((Insert<Document>) next()).document().getInteger("_id")).isEqualTo(1);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void leavesOutWhatCannotBeDelivered() throws InterruptedException {
        try (ChangeWatcher watcher =
                orders().whenUndeliverable(UndeliverablePolicy.SKIP).start()) {
            orders.insert(new Document("_id", 1))
                    .insertUndeliverable(new Document("_id", 2))
                    .insert(new Document("_id", 3));

            assertThat(((Insert<Document>) next()).document().getInteger("_id")).isEqualTo(1);
            assertThat(((Insert<Document>) next()).document().getInteger("_id")).isEqualTo(3);
            assertThat(watcher.stats().skipped()).isEqualTo(1);
        }
    }

    @Test
    void sendsALargeEventInFragmentsWhichBecomeOne() throws InterruptedException {
        try (ChangeWatcher watcher = orders().start()) {
            orders.insertLarge(new Document("_id", 1).append("text", "long"), 3).insert(new Document("_id", 2));

            assertThat(((Insert<Document>) next()).document()).isEqualTo(new Document("_id", 1).append("text", "long"));
            assertThat(((Insert<Document>) next()).document().getInteger("_id")).isEqualTo(2);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void endsStreamsOfWhatIsGone() throws InterruptedException {
        try (ChangeWatcher watcher = orders().start()) {
            orders.insert(new Document("_id", 1)).drop();
            orders.insert(new Document("_id", 2)).renameTo("archive");
            orders.insert(new Document("_id", 3));

            assertThat(nextTypes(7))
                    .containsExactly(
                            OperationType.INSERT,
                            OperationType.DROP,
                            OperationType.INVALIDATE,
                            OperationType.INSERT,
                            OperationType.RENAME,
                            OperationType.INVALIDATE,
                            OperationType.INSERT);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void hasDatabasesAndAClusterToWatch() throws InterruptedException {
        Stream.of(
                        ChangeWatcher.of(servers.client()).database("shop"),
                        ChangeWatcher.of(servers.client()).cluster())
                .map(builder -> builder.onEvent(events::add).start())
                .toList()
                .forEach(watcher -> assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING));
        orders.insert(new Document("_id", 1));
        assertThat(nextTypes(2)).containsOnly(OperationType.INSERT);

        servers.dropDatabase("shop");
        assertThat(nextTypes(5))
                .containsExactlyInAnyOrder(
                        OperationType.DROP,
                        OperationType.DROP,
                        OperationType.DROP_DATABASE,
                        OperationType.DROP_DATABASE,
                        OperationType.INVALIDATE);
    }

    @Test
    void saysWhatItIsWhenAskedForMore() {
        assertThatThrownBy(() -> servers.client().getDatabase("shop").getCollection("orders"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage(
                        "A ScriptedReplicaSet has change streams and nothing else, so not MongoDatabase.getCollection. "
                                + "Write through ScriptedReplicaSet.collection(...), or test against a real server: see "
                                + "LocalReplicaSet.");
    }
}
