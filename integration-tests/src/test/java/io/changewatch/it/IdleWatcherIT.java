package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.resume.Checkpoint;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A server to which nobody writes. */
class IdleWatcherIT {
    private final LocalReplicaSet server = LocalReplicaSet.builder()
            .parameter("periodicNoopIntervalSecs", "1") // 10 by default
            .start();
    private final MongoClient client = MongoClients.create(server.connectionString());
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final AtomicInteger handled = new AtomicInteger();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    @DisplayName("row 55: only the server's no-op moves the position")
    void savesPositionsThatFollowTheNoOp() {
        try (ChangeWatcher watcher = watcher().start()) {
            BsonTimestamp opening = stored();
            eventually(() -> stored().compareTo(opening) > 0);
            BsonTimestamp first = stored();
            eventually(() -> stored().compareTo(first) > 0);
            assertThat(watcher.stats().totalEvents()).isZero();
        }
        try (ChangeWatcher again = watcher().start()) {
            Publishers.await(client.getDatabase("shop").getCollection("orders").insertOne(new Document()));
            eventually(() -> handled.get() == 1);
            assertThat(again.stats().reconnects()).isZero();
        }
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return ChangeWatcher.of(client)
                .collection("shop", "orders")
                .name("idle")
                .resumeFrom(store)
                .onEvent(event -> handled.incrementAndGet());
    }

    private BsonTimestamp stored() {
        return store.load("idle").map(Checkpoint::clusterTime).orElseThrow();
    }
}
