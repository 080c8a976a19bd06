package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.WatcherState;
import io.changewatch.testkit.Publishers;
import org.bson.Document;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.mongodb.MongoDBContainer;

/**
 * The way of an application that tests with Testcontainers. Runs where {@code scripts/docker} has made Docker answer, see
 * CONTRIBUTING.md.
 */
@Tag("docker")
class TestcontainersIT {

    @Test
    void watchesAReplicaSetInAContainer() {
        try (MongoDBContainer server = new MongoDBContainer("mongo:6.0").withReplicaSet()) {
            server.start();
            Handled handled = new Handled();
            try (MongoClient client = MongoClients.create(server.getReplicaSetUrl());
                    ChangeWatcher watcher = ChangeWatcher.of(client)
                            .collection("test", "orders")
                            .onEvent(handled::add)
                            .start()) {
                Publishers.await(
                        client.getDatabase("test").getCollection("orders").insertOne(new Document("_id", 0)));

                eventually(() -> handled.count() == 1);
                assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
            }
        }
    }
}
