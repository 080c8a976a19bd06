package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.Batching;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StreamSource;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Drop;
import io.changewatch.event.Insert;
import io.changewatch.event.Invalidate;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;

/** Handlers of batches, while the server fails or is silent. */
@BothSources
@Timeout(120)
class BatchesIT {
    /** So long that a batch, or a failure, that waited for the server would be too late. */
    private static final Duration LONG_AWAIT = Duration.ofMinutes(1);

    private static final Duration SOON = Duration.ofSeconds(20);

    private static LocalReplicaSet servers;

    @Parameter
    StreamSource source;

    private final String database = TestServer.newDatabaseName();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final List<List<ChangeEvent<Document>>> batches = new CopyOnWriteArrayList<>();
    private final MongoClient client = MongoClients.create(servers.connectionString());

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    @AfterEach
    void close() {
        client.close();
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return ChangeWatcher.of(client)
                .collection(database, "orders", Document.class)
                .source(source)
                .name("batches")
                .batchSize(100)
                .resumeFrom(store);
    }

    private MongoCollection<Document> orders() {
        return client.getDatabase(database).getCollection("orders");
    }

    private void insert(int from, int to) {
        Publishers.await(orders().insertMany(IntStream.range(from, to)
                .mapToObj(number -> new Document("_id", number))
                .toList()));
    }

    private List<Integer> handled() {
        return batches.stream()
                .flatMap(List::stream)
                .filter(Insert.class::isInstance)
                .map(BatchesIT::number)
                .toList();
    }

    private static int number(ChangeEvent<Document> event) {
        return ((Insert<Document>) event).document().getInteger("_id");
    }

    @Test
    void allEventsComeOnceAndInOrderThoughTheCursorDies() {
        try (ChangeWatcher watcher = watcher()
                .onBatch(Batching.upTo(70).within(Duration.ofMillis(50)), batches::add)
                .start()) {
            insert(0, 500);
            servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: {times: 1},"
                    + " data: {failCommands: ['getMore'], errorCode: 43}}"));
            insert(500, 1_000);
            eventually(() -> handled().size() >= 1_000);
            assertThat(watcher.stats().reconnects()).isPositive();
            assertThat(watcher.stats().totalEvents()).isEqualTo(1_000);
        }
        assertThat(handled()).isEqualTo(Handled.upTo(1_000));
        assertThat(batches).allSatisfy(batch -> assertThat(batch).hasSizeBetween(1, 70));
    }

    @Test
    void aBatchThatIsDueDoesNotWaitForTheServer() {
        try (ChangeWatcher watcher = watcher()
                .maxAwait(LONG_AWAIT)
                .onBatch(Batching.upTo(1_000).within(Duration.ofMillis(100)), batches::add)
                .start()) {
            insert(0, 10);
            eventually(() -> handled().size() == 10);
            assertThat(watcher.stats().totalEvents()).isLessThanOrEqualTo(10);
        }
    }

    @Test
    void aFailureDoesNotWaitForTheServerAndTheBatchComesAgain() throws InterruptedException {
        CountDownLatch mayFail = new CountDownLatch(1);
        ChangeWatcher watcher = watcher()
                .maxAwait(LONG_AWAIT)
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .onBatch(Batching.upTo(10), events -> {
                    if (number(events.get(0)) == 10) {
                        mayFail.await();
                        throw new IllegalStateException("broken");
                    }
                    batches.add(events);
                })
                .start();
        insert(0, 20);
        eventually(() -> handled().size() == 10);
        mayFail.countDown();

        assertThat(watcher.awaitTermination(SOON)).isTrue();
        assertThat(watcher.failure()).get().isInstanceOf(HandlerFailedException.class);
        try (ChangeWatcher next = watcher().onBatch(batches::add).start()) {
            eventually(() -> handled().size() == 20);
            assertThat(next.failure()).isEmpty();
        }
        assertThat(handled()).isEqualTo(Handled.upTo(20));
    }

    @Test
    void aCloseHandsOutWhatIsCollectedAndNothingComesAgain() {
        ChangeWatcher watcher = watcher()
                .onBatch(Batching.upTo(1_000).within(Duration.ofDays(1)), batches::add)
                .start();
        insert(0, 30);
        eventually(() -> watcher.stats().bytes() > 30 * 100);
        assertThat(batches).isEmpty();
        assertThat(watcher.close(LIMIT)).isTrue();
        int before = handled().size();
        assertThat(before).isPositive();

        insert(30, 31);
        try (ChangeWatcher next = watcher().onBatch(batches::add).start()) {
            eventually(() -> handled().contains(30));
            assertThat(next.failure()).isEmpty();
        }
        assertThat(handled()).isEqualTo(Handled.upTo(31));
    }

    @Test
    void aDropComesAloneBehindTheBatchBeforeIt() {
        try (ChangeWatcher watcher = watcher()
                .onBatch(Batching.upTo(1_000).within(Duration.ofDays(1)), batches::add)
                .start()) {
            insert(0, 10);
            Publishers.await(orders().drop());
            eventually(() -> batches.size() == 3);
            assertThat(watcher.failure()).isEmpty();
        }
        assertThat(handled()).isEqualTo(Handled.upTo(10));
        assertThat(batches.get(1)).singleElement().isInstanceOf(Drop.class);
        assertThat(batches.get(2)).singleElement().isInstanceOf(Invalidate.class);
    }
}
