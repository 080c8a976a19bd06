package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.observe.WatcherListener;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/**
 * Row 21 of the fault matrix: a server that needs longer for an answer than the watcher is willing to wait. The watcher waits longer
 * each time, so it gets on; and it says meanwhile that it does not.
 */
@BothSources
class SlowServerIT {
    @Parameter
    StreamSource source;

    private static final int FOREIGN = 300_000;
    private static final int CHUNK = 10_000;
    private static final int SLOW_MILLIS = 1_500;

    private static LocalReplicaSet server;
    private static MongoClient direct;

    private final String database = TestServer.newDatabaseName();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final Handled handled = new Handled();
    private final Stalls stalls = new Stalls();
    private MongoClient client;

    @BeforeAll
    static void startServer() {
        server = LocalReplicaSet.builder().oplogSizeMegabytes(512).start();
        direct = MongoClients.create(server.connectionString());
    }

    @AfterAll
    static void stopServer() {
        direct.close();
        server.close();
    }

    @BeforeEach
    void connect() {
        client = MongoClients.create(server.connectionString() + "&appName=slow");
    }

    @AfterEach
    void disconnect() {
        server.clearFailPoint("failCommand");
        client.close();
    }

    @Test
    void comesToTheEndOfAScanThatOutlastsTheTimeOut() {
        try (ChangeWatcher before = watcher().start()) {
            insert(0, 1);
            eventually(() -> handled.count() == 1);
            assertThat(before.state()).isEqualTo(WatcherState.RUNNING);
        }
        for (int i = 0; i < FOREIGN; i += CHUNK) {
            insert("foreign", i, i + CHUNK);
        }
        insert(1, 6);

        try (ChangeWatcher again = watcher()
                .maxAwait(Duration.ofMillis(20))
                .unresponsiveAfter(Duration.ofMillis(20))
                .build()) {
            stalls.of(again);
            again.start();
            eventually(() -> handled.count() >= 6);
        }
        expectAllInOrderOnce(6);
        assertThat(stalls.activities).hasSizeGreaterThanOrEqualTo(2).containsOnly(WatcherActivity.STALLED);
        assertThat(stalls.sinceProgress).isSorted();
    }

    @Test
    void waitsForEveryBatchOfAServerThatIsAlwaysSlow() throws Exception {
        try (ChangeWatcher watcher = impatient().batchSize(5).start()) {
            stalls.of(watcher);
            watcher.awaitRunning(LIMIT);
            block("getMore");
            insert(0, 30);
            eventually(() -> handled.count() >= 30);
        }
        expectAllInOrderOnce(30);
        assertThat(stalls.activities).as("the margin stays").hasSizeBetween(1, 10);
    }

    @Test
    void waitsForAnOpeningThatIsAlwaysSlow() throws Exception {
        block("aggregate");
        try (ChangeWatcher watcher = impatient().start()) {
            watcher.awaitRunning(LIMIT);
            insert(0, 3);
            eventually(() -> handled.count() >= 3);
        }
        expectAllInOrderOnce(3);
    }

    private ChangeWatcherBuilder<Document> impatient() {
        return watcher().maxAwait(Duration.ofMillis(100)).unresponsiveAfter(Duration.ofMillis(200));
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .source(source)
                .name("slow")
                .retry(RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofMillis(500)))
                .resumeFrom(store)
                .listener(stalls)
                .onEvent(handled::add);
    }

    private static void block(String command) {
        server.setFailPoint(
                BsonDocument.parse("{configureFailPoint: 'failCommand', mode: 'alwaysOn', data: {failCommands: ['"
                        + command + "'], appName: 'slow', blockConnection: true, blockTimeMS: " + SLOW_MILLIS + "}}"));
    }

    private void insert(int from, int to) {
        insert("orders", from, to);
    }

    private void insert(String collection, int from, int to) {
        MongoCollection<Document> target = direct.getDatabase(database).getCollection(collection);
        Publishers.await(target.insertMany(
                IntStream.range(from, to).mapToObj(i -> new Document("_id", i)).toList()));
    }

    private void expectAllInOrderOnce(int count) {
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(count));
        assertThat(handled.others()).isEmpty();
    }

    /** What a watcher said of itself each time it gave a command up. */
    private static final class Stalls implements WatcherListener {
        private final List<WatcherActivity> activities = new CopyOnWriteArrayList<>();
        private final List<Duration> sinceProgress = new CopyOnWriteArrayList<>();
        private volatile ChangeWatcher watcher;

        void of(ChangeWatcher watched) {
            watcher = watched;
        }

        /** The state is told after the notice of the failure that led to it. */
        @Override
        public void stateChanged(StateChanged notice) {
            if (notice.to() == WatcherState.RECOVERING) {
                look();
            }
        }

        @Override
        public void reconnecting(Reconnecting notice) {
            if (notice.failures() > 1) {
                look();
            }
        }

        private void look() {
            ChangeWatcher watched = watcher;
            if (watched != null) {
                activities.add(watched.stats().activity());
                watched.stats().progress().sinceProgress().ifPresent(sinceProgress::add);
            }
        }
    }
}
