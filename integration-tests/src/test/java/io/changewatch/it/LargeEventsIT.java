package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.OversizeEventException;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Namespace;
import io.changewatch.event.Update;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/**
 * An event of 18 MB, which a real server sends in two fragments, between two small ones: the matrix's rows 49 (events over
 * 16 MB) and 50 (a crash between fragments).
 */
@BothSources
class LargeEventsIT {
    @Parameter
    StreamSource source;

    private static final int HALF = 8_000_000;

    private static LocalReplicaSet servers;

    private final AtomicBoolean breakAfterTheFirstFragment = new AtomicBoolean();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final List<DocumentEvent<Document>> handled = new CopyOnWriteArrayList<>();
    private final String database = TestServer.newDatabaseName();
    private MongoClient client;
    private ImageOrders orders;
    private StartPosition start;

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    @BeforeEach
    void changeALargeDocument() {
        client = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(servers.connectionString()))
                .applicationName("large")
                .addCommandListener(new CommandListener() {
                    @Override
                    public void commandStarted(CommandStartedEvent event) {
                        if (requireNonNull(event.getCommand()).toJson().contains("$changeStreamSplitLargeEvent")
                                && breakAfterTheFirstFragment.compareAndSet(true, false)) {
                            failBehindTheFirstFragment();
                        }
                    }
                })
                .build());
        orders = new ImageOrders(client, client.getDatabase(database));
        orders.insertLarge(1);
        start = orders.now();
        orders.insert(2, 3);
        orders.update(1);
        orders.insert(4);
    }

    @AfterEach
    void closeClient() {
        client.close();
    }

    /** The driver's cursor brings it in answer to the aggregate, ours to the first getMore. */
    private void failBehindTheFirstFragment() {
        int getMores = source == StreamSource.PUBLISHER ? 0 : 1;
        servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: {skip: " + getMores
                + "}, data: " + "{failCommands: ['getMore'], closeConnection: true, appName: 'large'}}"));
    }

    private ChangeWatcherBuilder<Document> watcher(InMemoryResumeTokenStore kept) {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .source(source)
                .name("large")
                .fullDocument(FullDocument.REQUIRED)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .maxAwait(Duration.ofMillis(200))
                .startFrom(start)
                .resumeFrom(kept)
                .checkpoint(CheckpointPolicy.everyEvent())
                .onDocumentEvent(handled::add);
    }

    private List<Integer> handledKeys() {
        return handled.stream()
                .map(event -> event.documentKey().getInt32("_id").getValue())
                .toList();
    }

    private void expectTheWholeEvent(int index) {
        Update<Document> update = (Update<Document>) handled.get(index);
        assertThat(update.document().orElseThrow()).containsEntry("n", 1);
        assertThat(update.document().orElseThrow().getString("note")).hasSizeGreaterThan(HALF);
        assertThat(update.documentBefore().orElseThrow()).containsEntry("n", 0);
        assertThat(update.documentBefore().orElseThrow().getString("note")).hasSizeGreaterThan(HALF);
    }

    @Test
    void isHandedOutAsOne() {
        try (ChangeWatcher watcher = watcher(store).start()) {
            eventually(() -> handled.size() == 4);
            assertThat(watcher.stats().skipped()).isZero();
        }
        assertThat(handledKeys()).containsExactly(2, 3, 1, 4);
        expectTheWholeEvent(2);
    }

    @Test
    void comesAgainWholeAfterACrashBetweenItsFragments() throws InterruptedException {
        CountDownLatch received = new CountDownLatch(1);
        CountDownLatch crashed = new CountDownLatch(1);
        InMemoryResumeTokenStore found = new InMemoryResumeTokenStore();
        ChangeWatcher first = watcher(store)
                .batchSize(1)
                .listener(new WatcherListener() {
                    @Override
                    public void batchRead(BatchRead batch) {
                        if (batch.bytes() > HALF && handled.size() == 2) {
                            received.countDown();
                            awaitQuietly(crashed);
                        }
                    }
                })
                .start();
        try (first) {
            assertThat(received.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            eventually(() -> store.load("large")
                    .filter(saved -> saved.clusterTime().equals(handled.get(1).clusterTime()))
                    .isPresent());
            found.save("large", store.load("large").orElseThrow()); // all that a killed process leaves behind
            assertThat(handledKeys()).containsExactly(2, 3);
        } finally {
            crashed.countDown();
        }
        handled.clear();
        try (ChangeWatcher again = watcher(found).start()) {
            eventually(() -> handled.size() == 2);
            assertThat(again.failure()).isEmpty();
        }
        assertThat(handledKeys()).containsExactly(1, 4);
        expectTheWholeEvent(0);
    }

    @Test
    void comesOnceWhereTheConnectionBreaksBetweenItsFragments() {
        List<Object> seen = new CopyOnWriteArrayList<>();
        breakAfterTheFirstFragment.set(true);
        try (ChangeWatcher watcher = watcher(store)
                .batchSize(1)
                .listener(new WatcherListener() {
                    @Override
                    public void reconnecting(Reconnecting notice) {
                        servers.clearFailPoint("failCommand");
                        seen.add("broken");
                    }

                    @Override
                    public void batchRead(BatchRead batch) {
                        if (batch.bytes() > HALF) {
                            seen.add("fragment");
                        }
                    }
                })
                .start()) {
            eventually(() -> handled.size() == 4);
            assertThat(watcher.failure()).isEmpty();
        }
        assertThat(seen).containsExactly("fragment", "broken", "fragment", "fragment");
        assertThat(handledKeys()).containsExactly(2, 3, 1, 4);
        expectTheWholeEvent(2);
    }

    @Test
    void isPassedOverWhereItExceedsTheBound() {
        List<WatcherListener.EventUndeliverable> skipped = new CopyOnWriteArrayList<>();
        try (ChangeWatcher watcher = watcher(store)
                .maxEventBytes(10_000_000)
                .whenUndeliverable(UndeliverablePolicy.SKIP)
                .listener(new WatcherListener() {
                    @Override
                    public void eventUndeliverable(EventUndeliverable notice) {
                        skipped.add(notice);
                    }
                })
                .start()) {
            eventually(() -> handled.size() == 3);
            assertThat(watcher.stats().skipped()).isEqualTo(1);
        }
        assertThat(handledKeys()).containsExactly(2, 3, 4);
        assertThat(skipped).singleElement().satisfies(notice -> {
            assertThat(notice.documentKey()).contains(BsonDocument.parse("{_id: 1}"));
            assertThat(notice.namespace()).contains(Namespace.of(database, "orders"));
        });
    }

    @Test
    void endsTheWatcherWhereItExceedsTheBound() throws InterruptedException {
        ChangeWatcher watcher = watcher(store).maxEventBytes(10_000_000).start();

        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(watcher.failure().orElseThrow())
                .isInstanceOf(OversizeEventException.class)
                .hasMessageContaining("the update of {\"_id\": 1} in " + database + ".orders at cluster time ")
                .hasMessageContaining(
                        " is larger than maxEventBytes allows (its fragments exceed 10,000,000 bytes). Choose a larger maxEventBytes(...), ");
        assertThat(handledKeys()).containsExactly(2, 3);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
