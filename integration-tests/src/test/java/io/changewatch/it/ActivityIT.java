package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.WriteConcern;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.observe.WatcherStats;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** What a watcher says it is doing, on a real set of three nodes, from which nothing is lost meanwhile. */
@BothSources
class ActivityIT {
    @Parameter
    StreamSource source;

    private static LocalReplicaSet servers;
    private static MongoClient client;

    private final String database = TestServer.newDatabaseName();
    private final Handled handled = new Handled();

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.builder().members(3).start();
        ReplicaSetSettings.set(
                servers, "electionTimeoutMillis", 600_000); // a primary without a majority steps down after it
        client = MongoClients.create(servers.connectionString());
    }

    @AfterAll
    static void stopServers() {
        client.close();
        servers.close();
    }

    @Test
    void isIdleWhenNothingHappensAndLiveWhenSomethingDoes() {
        Set<WatcherActivity> seen = new ConcurrentSkipListSet<>();
        try (ChangeWatcher watcher = watcher().start()) {
            eventually(() -> activity(watcher) == WatcherActivity.IDLE);
            eventually(() -> {
                insert(handled.count(), handled.count() + 1);
                seen.add(activity(watcher));
                return seen.contains(WatcherActivity.LIVE);
            });
            assertThat(watcher.stats().progress().behind()).isPresent();
        }
    }

    @Test
    void catchesUpWithAHandlerThatIsSlowerThanTheWriters() {
        CountDownLatch hold = new CountDownLatch(1);
        try (ChangeWatcher watcher = watcher()
                .batchSize(50)
                .onEvent(event -> hold.await(10, TimeUnit.MILLISECONDS))
                .start()) {
            insert(0, 500);
            eventually(() -> activity(watcher) == WatcherActivity.CATCHING_UP);
            eventually(() -> handled.count() == 500 && activity(watcher) == WatcherActivity.IDLE);
            assertThat(watcher.stats().progress().behind().orElseThrow()).isLessThan(Duration.ofSeconds(15));
        }
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(500));
    }

    @Test
    void saysThatAHandlerHoldsIt() {
        CountDownLatch hold = new CountDownLatch(1);
        try (ChangeWatcher watcher = watcher().onEvent(event -> hold.await()).start()) {
            insert(0, 2);
            eventually(() -> activity(watcher) == WatcherActivity.HANDLER_BUSY);
            WatcherStats stats = watcher.stats();
            assertThat(stats.state()).isEqualTo(WatcherState.RUNNING);
            assertThat(stats.progress().behind().orElseThrow()).isGreaterThan(Duration.ofSeconds(1));
            hold.countDown();
            eventually(() -> activity(watcher) == WatcherActivity.IDLE);
        }
    }

    @Test
    void isIdleWithoutAnErrorWhileNoMajorityCommits() {
        try (ChangeWatcher watcher = watcher().start()) {
            insert(0, 1);
            eventually(() -> handled.count() == 1);
            long reconnects = watcher.stats().reconnects();
            freezeTheSecondaries();
            try {
                insertUnconfirmed(1);
                long batches = watcher.stats().batches();
                eventually(() -> watcher.stats().batches() > batches + 10);
                assertThat(activity(watcher)).isEqualTo(WatcherActivity.IDLE);
                assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
                assertThat(handled.count()).isEqualTo(1);
            } finally {
                thawTheSecondaries();
            }
            eventually(() -> handled.count() == 2);
            assertThat(watcher.stats().reconnects()).isEqualTo(reconnects);
        }
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(2));
    }

    @Test
    void isStalledAndThenRecoversWhileTheServerIsFrozen() {
        try (ChangeWatcher watcher =
                watcher().unresponsiveAfter(Duration.ofSeconds(5)).start()) {
            insert(0, 1);
            eventually(() -> handled.count() == 1);
            int primary = servers.primary();
            servers.freeze(primary);
            try {
                eventually(() -> activity(watcher) == WatcherActivity.STALLED);
                eventually(() -> watcher.state() == WatcherState.RECOVERING);
                assertThat(activity(watcher)).isEqualTo(WatcherActivity.STALLED);
                assertThat(watcher.stats().progress().sinceProgress().orElseThrow())
                        .isGreaterThan(Duration.ofSeconds(5));
            } finally {
                servers.thaw(primary);
            }
            insert(1, 2);
            eventually(() -> handled.count() == 2);
            eventually(() -> activity(watcher) == WatcherActivity.IDLE && watcher.state() == WatcherState.RUNNING);
        }
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(2));
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .source(source)
                .maxAwait(Duration.ofMillis(200))
                .onEvent(handled::add);
    }

    private static WatcherActivity activity(ChangeWatcher watcher) {
        return watcher.stats().activity();
    }

    private void insert(int from, int to) {
        Publishers.await(client.getDatabase(database)
                .getCollection("orders")
                .insertMany(IntStream.range(from, to)
                        .mapToObj(i -> new Document("_id", i))
                        .toList()));
    }

    private void insertUnconfirmed(int number) {
        Publishers.await(client.getDatabase(database)
                .getCollection("orders")
                .withWriteConcern(WriteConcern.W1)
                .insertOne(new Document("_id", number)));
    }

    private static void freezeTheSecondaries() {
        int primary = servers.primary();
        IntStream.range(0, servers.size()).filter(member -> member != primary).forEach(servers::freeze);
    }

    private static void thawTheSecondaries() {
        int primary = servers.primary();
        IntStream.range(0, servers.size()).filter(member -> member != primary).forEach(servers::thaw);
    }
}
