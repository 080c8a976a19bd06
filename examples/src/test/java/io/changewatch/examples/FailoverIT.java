package io.changewatch.examples;

import static io.changewatch.testkit.Publishers.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.testkit.LocalReplicaSet;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.Document;
import org.junit.jupiter.api.Test;

/** What a test of an application's own can do with the testkit. */
final class FailoverIT {

    @Test
    void anOrderComesOnceAndInOrderWhenThePrimaryDies() throws Exception {
        List<Object> handled = new CopyOnWriteArrayList<>();
        // @start region="failover"
        try (LocalReplicaSet servers = LocalReplicaSet.builder().members(3).start();
                MongoClient client = MongoClients.create(servers.connectionString());
                ChangeWatcher watcher = ChangeWatcher.of(client)
                        .collection("shop", "orders")
                        .onInsert(event -> handled.add(event.document().get("_id")))
                        .start()) {
            watcher.awaitRunning(Duration.ofMinutes(1));
            MongoCollection<Document> orders = client.getDatabase("shop").getCollection("orders");
            await(orders.insertOne(new Document("_id", 1)));
            servers.kill(servers.primary());
            servers.awaitPrimary(Duration.ofMinutes(1));
            await(orders.insertOne(new Document("_id", 2)));
            await().atMost(Duration.ofMinutes(1)).until(() -> handled.contains(2));
        }
        assertThat(handled).containsExactly(1, 2);
        // @end
    }
}
