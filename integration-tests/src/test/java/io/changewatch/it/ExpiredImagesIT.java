package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.event.Insert;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A watcher that was away for longer than the server keeps images: that of its checkpoint's event is gone as well. */
class ExpiredImagesIT {
    private static LocalReplicaSet servers;

    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final String database = TestServer.newDatabaseName();
    private final List<Integer> handled = new CopyOnWriteArrayList<>();
    private final List<Integer> skipped = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.builder()
                .parameter("expiredChangeStreamPreImageRemovalJobSleepSecs", "1")
                .start();
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    private ChangeWatcherBuilder<Document> watcher(MongoClient client) {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .name("expired")
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .whenUndeliverable(UndeliverablePolicy.SKIP)
                .checkpoint(CheckpointPolicy.everyEvent())
                .resumeFrom(store)
                .listener(new WatcherListener() {
                    @Override
                    public void eventUndeliverable(EventUndeliverable notice) {
                        skipped.add(notice.documentKey()
                                .orElseThrow()
                                .getInt32("_id")
                                .getValue());
                    }
                })
                .onDocumentEvent(event -> handled.add(
                        event.documentKey().getInt32("_id").getValue() * (event instanceof Insert ? 1 : 10)));
    }

    @Test
    void skipsWhatHasExpiredAndGoesOn() throws InterruptedException {
        try (MongoClient client = MongoClients.create(servers.connectionString())) {
            ImageOrders orders = new ImageOrders(client, client.getDatabase(database));
            ChangeWatcher first = watcher(client)
                    .onUpdate(update ->
                            Thread.currentThread().interrupt()) // ends at once: the event is its last position
                    .start();
            orders.insert(1, 2, 3);
            orders.update(1);
            assertThat(first.awaitTermination(LIMIT)).isTrue();
            assertThat(handled).containsExactly(1, 2, 3, 10);
            orders.update(2);
            orders.insert(4);
            orders.update(3);
            expireImages(client);
            orders.insert(5);
            handled.clear();

            try (ChangeWatcher again = watcher(client).start()) {
                eventually(() -> handled.contains(5));
                assertThat(again.failure()).isEmpty();
            }
        }
        assertThat(handled).containsExactly(4, 5);
        assertThat(skipped).containsExactly(2, 3);
    }

    private static void expireImages(MongoClient client) {
        servers.runAdmin(Document.parse(
                "{setClusterParameter: {changeStreamOptions: {preAndPostImages: {expireAfterSeconds: 1}}}}"));
        eventually(() -> Publishers.first(client.getDatabase("config")
                        .getCollection("system.preimages")
                        .countDocuments())
                == 0);
    }
}
