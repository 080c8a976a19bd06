package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoQueryException;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.Test;

/** A client that was away for longer than the server remembers. */
final class HistoryLostIT {
    private static final String LARGE = "x".repeat(100_000);

    @Test
    void isToldOfTheGapAndGoesOn() {
        try (LocalReplicaSet servers = LocalReplicaSet.builder()
                        .oplogSizeMegabytes(1)
                        .arguments("--oplogMinRetentionHours", "0", "--syncdelay", "1") // it truncates at checkpoints
                        .start();
                MongoClient client = MongoClients.create(servers.connectionString())) {
            MongoCollection<Document> orders = client.getDatabase("shop").getCollection("orders");
            try (LiveFeed<Document> feed = LiveFeed.over(ChangeWatcher.of(client)
                            .collection("shop", "orders")
                            .maxAwait(Duration.ofMillis(100)))
                    .payload(Payload.fields("n"))
                    .bufferBytes(1_000)
                    .visibleToAll()
                    .start()) {
                RecordingClient before = new RecordingClient();
                ClientRequest all = ClientRequest.of(() -> "ann", Transport.WEB_SOCKET);
                FeedSession session = feed.attach(all, before);
                Publishers.await(orders.insertOne(new Document("n", 1)));
                before.awaits("event", 1);
                session.closed();
                Publishers.await(orders.insertMany(List.of(new Document("n", 2), new Document("n", 3))));
                pushThePresentOutOfTheOplog(client);
                RecordingClient again = new RecordingClient();
                feed.attach(all.after(before.position()), again);
                again.awaits("live", 1);
                Publishers.await(orders.insertOne(new Document("n", 4)));
                again.awaits("event", 1);

                assertThat(again.types()).containsExactly("ready", "gap", "live", "event");
                assertThat(again.messages("gap").get(0).getString("reason").getValue())
                        .isEqualTo("history-lost");
            }
        }
    }

    /** The server truncates its oplog in large steps: this takes some 200 MB. */
    private static void pushThePresentOutOfTheOplog(MongoClient client) {
        MongoCollection<Document> foreign = client.getDatabase("shop").getCollection("foreign");
        BsonTimestamp present = Publishers.first(client.getDatabase("shop").runCommand(new Document("ping", 1)))
                .get("operationTime", BsonTimestamp.class);
        await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(1)).until(() -> {
            Publishers.await(foreign.insertMany(IntStream.range(0, 40)
                    .mapToObj(i -> new Document("large", LARGE))
                    .toList()));
            return isForgotten(client, present);
        });
    }

    private static boolean isForgotten(MongoClient client, BsonTimestamp time) {
        try {
            return Publishers.first(client.getDatabase("local")
                                    .getCollection("oplog.rs")
                                    .find()
                                    .first())
                            .get("ts", BsonTimestamp.class)
                            .compareTo(time)
                    > 0;
        } catch (MongoQueryException e) { // the server truncated the oplog under the query
            return false;
        }
    }
}
