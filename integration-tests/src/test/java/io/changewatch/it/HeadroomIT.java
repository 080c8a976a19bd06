package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.observe.Headroom;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.HeadroomLow;
import io.changewatch.resume.Checkpoint;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.Test;

/** How long until a position falls off the oplog, on real oplogs. */
class HeadroomIT {
    private static final String LARGE = "x".repeat(100_000);
    private static final Duration HOUR = Duration.ofHours(1);

    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final List<HeadroomLow> low = new CopyOnWriteArrayList<>();

    @Test
    void isTheTimeBetweenTheOldestEntryAndTheSavedPosition() {
        try (LocalReplicaSet server = LocalReplicaSet.start();
                MongoClient client = MongoClients.create(server.connectionString())) {
            try (ChangeWatcher watcher = watcher(client).onEvent(event -> {}).start()) {
                eventually(() -> watcher.stats().headroom().isPresent());
                expectMeasured(watcher.stats().headroom().orElseThrow(), oldest(client));
                assertThat(threads()).isEqualTo(1);
            }
            assertThat(low).as("nothing falls off a new oplog").isEmpty();
            assertThat(threads()).isZero();
        }
    }

    private void expectMeasured(Headroom headroom, BsonTimestamp oldest) {
        assertThat(headroom.position())
                .isLessThanOrEqualTo(
                        store.load("held").map(Checkpoint::clusterTime).orElseThrow());
        assertThat(headroom.remaining()).isEqualTo(between(oldest, headroom.position()));
        assertThat(headroom.oplogWindow()).isGreaterThanOrEqualTo(headroom.remaining());
        assertThat(headroom.growing()).isTrue();
    }

    @Test
    void sinksToNothingWhileAHandlerHoldsTheWatcherAndIsToldOnce() throws InterruptedException {
        CountDownLatch hold = new CountDownLatch(1);
        try (LocalReplicaSet server = LocalReplicaSet.builder()
                        .oplogSizeMegabytes(1)
                        .arguments("--oplogMinRetentionHours", "0", "--syncdelay", "1") // it truncates at checkpoints
                        .start();
                MongoClient client = MongoClients.create(server.connectionString());
                ChangeWatcher watcher =
                        watcher(client).onEvent(event -> hold.await()).start()) {
            insert(client, "orders", 1);
            BsonTimestamp held = watcher.stats().lastClusterTime().orElseThrow();
            pushOutOfTheOplog(client, held);
            eventually(() -> remaining(watcher).isZero());
            eventually(() -> !low.isEmpty());

            Headroom headroom = watcher.stats().headroom().orElseThrow();
            assertThat(headroom.position()).isLessThan(oldest(client));
            assertThat(headroom.growing()).isFalse();
            assertThat(low).hasSize(1).first().satisfies(notice -> {
                assertThat(notice.watcher()).isEqualTo("held");
                assertThat(notice.threshold()).isEqualTo(HOUR);
                assertThat(notice.headroom().remaining()).isLessThan(HOUR);
            });
            hold.countDown();
        }
    }

    @Test
    void isUnknownWithoutThePrivilegeAndKnownWithTheRoleThatIsNamed() {
        try (LocalReplicaSet server =
                LocalReplicaSet.builder().authentication("root", "secret").start()) {
            server.runAdmin(new Document("createUser", "app")
                    .append("pwd", "app")
                    .append("roles", List.of(new Document("role", "readWrite").append("db", "shop"))));
            String uri = server.connectionString().replace("root:secret@", "app:app@");
            try (MongoClient client = MongoClients.create(uri);
                    ChangeWatcher watcher = watcher(client).onEvent(event -> {}).start()) {
                eventually(() -> watcher.stats().headroomUnknown().isPresent());
                assertThat(watcher.stats().headroomUnknown().orElseThrow())
                        .startsWith("the server does not let this user read local.oplog.rs (error 13 Unauthorized).")
                        .contains("clusterMonitor");
                assertThat(watcher.stats().headroom()).isEmpty();
            }
            server.runAdmin(new Document("grantRolesToUser", "app").append("roles", List.of("clusterMonitor")));
            try (MongoClient client = MongoClients.create(uri);
                    ChangeWatcher watcher = watcher(client).onEvent(event -> {}).start()) {
                eventually(() -> watcher.stats().headroom().isPresent());
                assertThat(watcher.stats().headroomUnknown()).isEmpty();
            }
        }
    }

    private ChangeWatcherBuilder<Document> watcher(MongoClient client) {
        return ChangeWatcher.of(client)
                .collection("shop", "orders")
                .name("held")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(store)
                .headroomThresholds(HOUR)
                .listener(new WatcherListener() {
                    @Override
                    public void headroomLow(HeadroomLow notice) {
                        low.add(notice);
                    }
                });
    }

    private static Duration remaining(ChangeWatcher watcher) {
        return watcher.stats().headroom().map(Headroom::remaining).orElse(HOUR);
    }

    private static Duration between(BsonTimestamp early, BsonTimestamp late) {
        return Duration.ofSeconds(late.getTime() - early.getTime());
    }

    private static BsonTimestamp oldest(MongoClient client) {
        return Publishers.await(client.getDatabase("local")
                        .getCollection("oplog.rs")
                        .find()
                        .sort(new Document("$natural", 1))
                        .limit(1))
                .get(0)
                .get("ts", BsonTimestamp.class);
    }

    /** The server truncates its oplog in large steps: this takes some 200 MB. */
    private static void pushOutOfTheOplog(MongoClient client, BsonTimestamp position) {
        await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(1)).until(() -> {
            insert(client, "foreign", 40);
            return oldest(client).compareTo(position) > 0;
        });
    }

    private static void insert(MongoClient client, String collection, int count) {
        MongoCollection<Document> target = client.getDatabase("shop").getCollection(collection);
        Publishers.await(target.insertMany(IntStream.range(0, count)
                .mapToObj(i -> new Document("large", LARGE))
                .toList()));
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("changewatch-held-headroom"))
                .count();
    }
}
