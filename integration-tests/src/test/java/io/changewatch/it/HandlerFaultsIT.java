package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.event.Insert;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;

/** Handlers that do not return, or not for a long time. */
@BothSources
class HandlerFaultsIT {
    @Parameter
    StreamSource source;

    private static final int BATCH = 100;
    private static final Duration MAX_AWAIT = Duration.ofMillis(200);

    private static LocalReplicaSet servers;

    private final String database = TestServer.newDatabaseName();
    private final RecordedCommands commands = new RecordedCommands();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final List<Integer> handled = new CopyOnWriteArrayList<>();
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch mayReturn = new CountDownLatch(1);
    private final MongoClient client = MongoClients.create(MongoClientSettings.builder()
            .applyConnectionString(new ConnectionString(servers.connectionString()))
            .addCommandListener(commands)
            .build());

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.builder()
                .parameter("cursorTimeoutMillis", "1000")
                .parameter("clientCursorMonitorFrequencySecs", "1")
                .start();
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    @AfterEach
    void close() {
        mayReturn.countDown();
        client.close();
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return ChangeWatcher.of(client)
                .collection(database, "orders", Document.class)
                .source(source)
                .name("handler")
                .batchSize(BATCH)
                .maxAwait(MAX_AWAIT)
                .resumeFrom(store);
    }

    private void handle(Insert<Document> event) {
        handled.add(event.document().getInteger("_id"));
    }

    private void waitInTheFirst(Insert<Document> event) throws InterruptedException {
        if (entered.getCount() > 0) {
            entered.countDown();
            mayReturn.await();
        }
        handle(event);
    }

    private void insert(int from, int to) {
        MongoCollection<Document> orders = client.getDatabase(database).getCollection("orders");
        for (int begin = from; begin < to; begin += BATCH) {
            Publishers.await(orders.insertMany(IntStream.range(begin, Math.min(begin + BATCH, to))
                    .mapToObj(number -> new Document("_id", number))
                    .toList()));
        }
    }

    @Test
    @DisplayName("30: a handler throws once, and later always")
    void passesNoEventThatItsHandlerDoesNotHandle() throws Exception {
        Set<Integer> failedOnce = ConcurrentHashMap.newKeySet();
        ChangeWatcher watcher = watcher()
                .whenHandlerFails(
                        HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(5))
                                .maxAttempts(3)))
                .onInsert(event -> {
                    int number = event.document().getInteger("_id");
                    if (number == 2 * BATCH || failedOnce.add(number)) {
                        throw new IllegalStateException("number " + number);
                    }
                    handle(event);
                })
                .start();
        insert(0, 3 * BATCH);

        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(watcher.failure()).get().isInstanceOf(HandlerFailedException.class);
        assertThat(handled).isEqualTo(Handled.upTo(2 * BATCH));

        try (ChangeWatcher next = watcher().onInsert(this::handle).start()) {
            eventually(() -> handled.size() >= 3 * BATCH);
            assertThat(next.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(handled).isEqualTo(Handled.upTo(3 * BATCH));
    }

    @Test
    @Timeout(120)
    @DisplayName("31: a handler hangs")
    void asksTheServerForNoMoreThanOneBatchAheadAndClosesByItsDeadline() throws Exception {
        ChangeWatcher watcher = watcher().onInsert(this::waitInTheFirst).start();
        insert(0, 1);
        entered.await();
        insert(1, 20 * BATCH);
        eventually(() -> commands.inFlight() == 0); // the batch asked for ahead has come
        int asked = commands.named("getMore").size();
        insert(20 * BATCH, 50 * BATCH);
        // Long enough for a watcher that goes on asking to be caught: each of its requests would be answered at once.
        assertThat(new CountDownLatch(1).await(5 * MAX_AWAIT.toMillis(), TimeUnit.MILLISECONDS))
                .isFalse();

        assertThat(commands.named("getMore"))
                .as("requests while the handler hangs")
                .hasSize(asked);
        assertThat(watcher.stats().totalEvents()).isZero();
        assertThat(watcher.close(Duration.ofMillis(300)))
                .as("the interrupt ends the wait of the handler")
                .isTrue();
        assertThat(handled).isEmpty();

        try (ChangeWatcher next = watcher().onInsert(this::handle).start()) {
            eventually(() -> handled.size() >= 50 * BATCH);
            assertThat(next.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(handled).isEqualTo(Handled.upTo(50 * BATCH));
    }

    /** A watcher's cursor is in a session, so that no {@code cursorTimeoutMillis} ends it: the end of the session does. */
    @Test
    @DisplayName("32: a handler is slower than cursorTimeoutMillis, here a second")
    void keepsItsCursorForASlowHandler() throws Exception {
        try (ChangeWatcher watcher = watcher().onInsert(this::waitInTheFirst).start()) {
            insert(0, 1);
            entered.await();
            insert(1, 10 * BATCH);
            assertThat(new CountDownLatch(1).await(4, TimeUnit.SECONDS)).isFalse(); // the slowness itself
            mayReturn.countDown();

            eventually(() -> handled.size() >= 10 * BATCH);
            assertThat(watcher.stats().reconnects()).isZero();
        }
        assertThat(handled).isEqualTo(Handled.upTo(10 * BATCH));
    }

    @Test
    @DisplayName("32: a handler is slower than the server keeps the session of its cursor")
    void opensTheStreamAgainWhoseSessionEndedUnderASlowHandler() throws Exception {
        try (ChangeWatcher watcher = watcher().onInsert(this::waitInTheFirst).start()) {
            insert(0, 1);
            entered.await();
            insert(1, 10 * BATCH);
            eventually(() -> commands.inFlight() == 0);
            endSessions();
            mayReturn.countDown();

            eventually(() -> handled.size() >= 10 * BATCH);
            assertThat(watcher.stats().reconnects()).isEqualTo(1);
            assertThat(watcher.awaitTermination(Duration.ofMillis(1))).isFalse();
        }
        assertThat(handled).isEqualTo(Handled.upTo(10 * BATCH));
    }

    /** What happens to a session after half an hour without a command: its record expires, and the next refresh ends it. */
    private void endSessions() {
        servers.runAdmin(new Document("refreshLogicalSessionCacheNow", 1));
        MongoCollection<Document> sessions = client.getDatabase("config").getCollection("system.sessions");
        Publishers.await(sessions.deleteMany(new Document()));
        servers.runAdmin(new Document("refreshLogicalSessionCacheNow", 1));
        eventually(() -> ServerCursors.find(client, new Document("ns", database + ".orders"))
                .isEmpty());
    }
}
