package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoException;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.Insert;
import io.changewatch.observe.WatcherListener;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A handler that is so slow that the oplog runs over the open cursor. */
class OplogOverrunIT {
    private static final int CAPPED_POSITION_LOST = 136;

    private final LocalReplicaSet server = OplogRollover.startServer();
    private final RecordedCommands commands = new RecordedCommands();
    private final MongoClient writing = MongoClients.create(server.connectionString());
    private final String database = TestServer.newDatabaseName();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final CountDownLatch handlersGoOn = new CountDownLatch(1);
    private final List<ChangeEvent<Document>> handledByTheStrict = new CopyOnWriteArrayList<>();
    private final List<ChangeEvent<Document>> handledByTheLenient = new CopyOnWriteArrayList<>();
    private final List<Throwable> troubles = new CopyOnWriteArrayList<>();
    private MongoClient client;

    @BeforeEach
    void connect() {
        client = MongoClients.create(MongoClientSettings.builder(WatchedOrders.settings(server.connectionString()))
                .addCommandListener(commands)
                .build());
    }

    @AfterEach
    void stop() {
        handlersGoOn.countDown();
        client.close();
        writing.close();
        server.close();
    }

    @Test
    @DisplayName("rows 22, 23: the open cursor of a slow handler is overrun by the oplog")
    void failsOrHandsOutTheGapOnceByPolicy() throws InterruptedException {
        ChangeWatcher strict = watcher("strict", handledByTheStrict).start();
        ChangeWatcher lenient = lenient().start();
        insert(1);
        eventually(() -> handledByTheStrict.size() == 1 && handledByTheLenient.size() == 1);
        eventually(() ->
                commands.inFlight() == 0); // what was asked for in advance is there, and nothing more is asked for
        BsonTimestamp before = OplogRollover.now(server);
        insert(2);
        BsonTimestamp after = OplogRollover.now(server);
        OplogRollover.pushThePresentOut(server, writing);
        handlersGoOn.countDown();

        assertThat(strict.awaitTermination(LIMIT)).isTrue();
        expectLoudFailure(strict);
        eventually(() -> handledByTheLenient.size() == 2);
        insert(3);
        eventually(() -> handledByTheLenient.size() == 3);
        expectGap(before, after);
        lenient.close();
        expectNoSecondGap();
    }

    private ChangeWatcherBuilder<Document> lenient() {
        return watcher("lenient", handledByTheLenient)
                .whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW)
                .listener(new WatcherListener() {
                    @Override
                    public void reconnecting(Reconnecting notice) {
                        troubles.add(notice.cause());
                    }
                });
    }

    private ChangeWatcherBuilder<Document> watcher(String name, List<ChangeEvent<Document>> handled) {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .name(name)
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(store)
                .onEvent(event -> {
                    handled.add(event);
                    handlersGoOn.await();
                });
    }

    private void insert(int number) {
        Publishers.await(writing.getDatabase(database).getCollection("orders").insertOne(new Document("_id", number)));
    }

    private void expectLoudFailure(ChangeWatcher strict) {
        assertThat(strict.state()).isEqualTo(WatcherState.FAILED);
        assertThat(strict.failure()).get().isInstanceOf(HistoryLostException.class);
        assertThat(handledByTheStrict).hasSize(1);
    }

    /** The overrun cursor is opened again once; that tells that the history is lost. */
    private void expectGap(BsonTimestamp before, BsonTimestamp after) {
        assertThat(troubles)
                .singleElement()
                .isInstanceOfSatisfying(
                        MongoException.class,
                        error -> assertThat(error.getCode()).isEqualTo(CAPPED_POSITION_LOST));
        assertThat(handledByTheLenient.get(1)).isInstanceOfSatisfying(Gap.class, gap -> {
            assertThat(gap.from()).isLessThanOrEqualTo(before);
            assertThat(gap.to()).isGreaterThanOrEqualTo(after);
        });
        assertThat(number(handledByTheLenient.get(0))).isEqualTo(1);
        assertThat(number(handledByTheLenient.get(2))).isEqualTo(3);
    }

    private void expectNoSecondGap() {
        try (ChangeWatcher again = lenient().start()) {
            insert(4);
            eventually(() -> handledByTheLenient.size() == 4);
            assertThat(number(handledByTheLenient.get(3))).isEqualTo(4);
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    private static int number(ChangeEvent<Document> event) {
        return ((Insert<Document>) event).document().getInteger("_id");
    }
}
