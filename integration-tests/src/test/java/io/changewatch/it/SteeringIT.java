package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.SeekFailedException;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.HeadroomLow;
import io.changewatch.observe.WatcherMXBean;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import javax.management.JMX;
import javax.management.ObjectName;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pausing, going back and forth on real servers. */
class SteeringIT {
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(1);

    private final Handled handled = new Handled();
    private final List<ChangeEvent<Document>> events = new CopyOnWriteArrayList<>();

    private ChangeWatcherBuilder<Document> watcher(MongoClient client) {
        return ChangeWatcher.of(client)
                .collection("shop", "orders")
                .name("steered")
                .comment("steered")
                .maxAwait(Duration.ofMillis(200))
                .onEvent(event -> {
                    handled.add(event);
                    events.add(event.copy());
                });
    }

    private static void insert(MongoClient client, int from, int to) {
        MongoCollection<Document> orders = client.getDatabase("shop").getCollection("orders");
        IntStream.range(from, to).forEach(i -> Publishers.await(orders.insertOne(new Document("_id", i))));
    }

    private void pause(ChangeWatcher watcher) throws InterruptedException {
        watcher.pause();
        assertThat(watcher.awaitPaused(LIMIT)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = StreamSource.class,
            names = {"COMMANDS", "PUBLISHER"})
    void aPauseOutlivesTheServersPatienceWithIdleCursors(StreamSource source) throws Exception {
        try (LocalReplicaSet server = LocalReplicaSet.builder()
                        .arguments(
                                "--setParameter",
                                "cursorTimeoutMillis=" + IDLE_LIMIT.toMillis(),
                                "--setParameter",
                                "clientCursorMonitorFrequencySecs=1")
                        .start();
                MongoClient client = MongoClients.create(server.connectionString());
                ChangeWatcher watcher = watcher(client)
                        .source(source)
                        .resumeFrom(MongoResumeTokenStore.in(client.getDatabase("places")))
                        .start()) {
            insert(client, 0, 10);
            eventually(() -> handled.count() == 10);
            pause(watcher);
            insert(client, 10, 20);
            WatchedOrders.during(IDLE_LIMIT.multipliedBy(4));
            eventually(() -> ServerCursors.find(client, new Document("cursor.originatingCommand.comment", "steered"))
                    .isEmpty());
            assertThat(handled.count()).isEqualTo(10);

            watcher.resume();
            insert(client, 20, 30);
            eventually(() -> handled.count() >= 30);
            assertThat(handled.numbers()).isEqualTo(Handled.upTo(30));
            assertThat(watcher.stats().reconnects()).isZero();
        }
    }

    @Test
    void pausesAndResumesUnderLoadAndReconnectsLoseAndRepeatNothing() throws Exception {
        try (LocalReplicaSet server = LocalReplicaSet.start();
                WatchedOrders orders = WatchedOrders.start(server.connectionString());
                MongoClient killer = MongoClients.create(server.connectionString())) {
            Random random = new Random(7);
            for (int i = 0; i < 40; i++) {
                switch (random.nextInt(3)) {
                    case 0 -> pause(orders.watcher());
                    case 1 -> orders.watcher().pause();
                    default -> killCursors(killer, orders.cursors(killer));
                }
                orders.watcher().resume();
            }
            orders.watcher().awaitRunning(LIMIT);
            orders.expectAllInOrderOnce();
        }
    }

    private static void killCursors(MongoClient client, List<Document> cursors) {
        for (Document cursor : cursors) {
            Publishers.await(client.getDatabase(orders(cursor))
                    .runCommand(new Document("killCursors", "orders")
                            .append(
                                    "cursors",
                                    List.of(cursor.get("cursor", Document.class).get("cursorId")))));
        }
    }

    private static String orders(Document cursor) {
        String namespace = cursor.getString("ns");
        return namespace.substring(0, namespace.indexOf('.'));
    }

    @ParameterizedTest
    @EnumSource(
            value = StreamSource.class,
            names = {"COMMANDS", "PUBLISHER"})
    void seeksBackAndForthByTokenTimeAndHistory(StreamSource source) throws Exception {
        try (LocalReplicaSet server = LocalReplicaSet.start();
                MongoClient client = MongoClients.create(server.connectionString())) {
            MongoResumeTokenStore store = MongoResumeTokenStore.in(client.getDatabase("places"))
                    .keepHistory(HistoryPolicy.keep(Duration.ofHours(1), Duration.ofMillis(1)));
            try (ChangeWatcher watcher =
                    watcher(client).source(source).resumeFrom(store).start()) {
                insert(client, 0, 10);
                eventually(() -> handled.count() == 10);

                watcher.seek(StartPosition.after(events.get(4).resumeToken()), LIMIT);
                eventually(() -> handled.count() == 15);
                assertThat(handled.numbers().subList(10, 15)).containsExactly(5, 6, 7, 8, 9);

                watcher.seek(StartPosition.at(events.get(7).clusterTime()), LIMIT);
                eventually(() -> handled.count() == 18);
                assertThat(handled.numbers().subList(15, 18)).containsExactly(7, 8, 9);

                expectToGoBackToTheBeginningOf(watcher, store);
                expectToPassOver(client, watcher, store);
            }
        }
    }

    private void expectToGoBackToTheBeginningOf(ChangeWatcher watcher, MongoResumeTokenStore store) throws Exception {
        List<Checkpoint> history = watcher.history();
        assertThat(history).hasSizeGreaterThan(2).isEqualTo(store.history("steered"));

        watcher.seek(history.get(history.size() - 1), LIMIT);
        eventually(() -> handled.count() == 28);
        assertThat(handled.numbers().subList(18, 28)).isEqualTo(Handled.upTo(10));
    }

    private void expectToPassOver(MongoClient client, ChangeWatcher watcher, MongoResumeTokenStore store)
            throws Exception {
        pause(watcher);
        insert(client, 10, 20);
        watcher.seek(StartPosition.now(), LIMIT);
        assertThat(watcher.state()).isEqualTo(WatcherState.PAUSED);
        BsonTimestamp saved = store.load("steered").orElseThrow().clusterTime();
        assertThat(saved).isGreaterThan(events.get(9).clusterTime());
        insert(client, 20, 22);
        watcher.resume();
        eventually(() -> handled.count() == 30);
        assertThat(handled.numbers().subList(28, 30)).containsExactly(20, 21);
    }

    @Test
    void behindTheOplogIsRefusedAndThePausedPositionIsWarnedOf() throws Exception {
        List<HeadroomLow> low = new CopyOnWriteArrayList<>();
        try (LocalReplicaSet server = OplogRollover.startServer();
                MongoClient client = MongoClients.create(server.connectionString());
                ChangeWatcher watcher = watcher(client)
                        .resumeFrom(new InMemoryResumeTokenStore())
                        .headroomThresholds(Duration.ofHours(1))
                        .listener(new WatcherListener() {
                            @Override
                            public void headroomLow(HeadroomLow notice) {
                                low.add(notice);
                            }
                        })
                        .start()) {
            insert(client, 0, 3);
            eventually(() -> handled.count() == 3);
            ResumeToken early = events.get(0).resumeToken();
            OplogRollover.pushThePresentOut(server, client);
            insert(client, 3, 6);
            eventually(() -> handled.count() == 6);

            assertThatThrownBy(() -> watcher.seek(StartPosition.after(early), LIMIT))
                    .isInstanceOf(SeekFailedException.class)
                    .hasMessageContaining("the oplog no longer reaches back to it");
            insert(client, 6, 8);
            eventually(() -> handled.count() == 8);
            assertThat(handled.numbers()).isEqualTo(Handled.upTo(8));

            pause(watcher);
            eventually(() -> !low.isEmpty());
        }
    }

    @Test
    void isSteeredThroughJmx() throws Exception {
        try (LocalReplicaSet server = LocalReplicaSet.start();
                MongoClient client = MongoClients.create(server.connectionString());
                ChangeWatcher watcher = watcher(client)
                        .resumeFrom(MongoResumeTokenStore.in(client.getDatabase("places")))
                        .exposeThroughJmx()
                        .start()) {
            WatcherMXBean bean = JMX.newMXBeanProxy(
                    ManagementFactory.getPlatformMBeanServer(),
                    new ObjectName("io.changewatch:type=ChangeWatcher,name=\"steered\""),
                    WatcherMXBean.class);
            insert(client, 0, 5);
            eventually(() -> bean.getEvents() == 5);
            bean.pause();
            eventually(() -> bean.getState().equals("PAUSED"));
            bean.seekToToken(bean.history().get(0).getToken());
            bean.resume();
            eventually(() -> bean.getEvents() == 10);

            assertThat(handled.numbers().subList(5, 10)).isEqualTo(Handled.upTo(5));
            bean.close();
            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        }
    }
}
