package io.changewatch.it;

import static org.awaitility.Awaitility.await;

import com.mongodb.MongoQueryException;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bson.BsonTimestamp;
import org.bson.Document;

/** A server whose oplog is so small that a test can write over it. Thread-safe. */
final class OplogRollover {
    private static final String LARGE = "x".repeat(100_000);

    private OplogRollover() {}

    static LocalReplicaSet startServer() {
        return LocalReplicaSet.builder()
                .oplogSizeMegabytes(1)
                .arguments("--oplogMinRetentionHours", "0", "--syncdelay", "1") // it truncates at checkpoints
                .start();
    }

    /** The server's present cluster time. */
    static BsonTimestamp now(LocalReplicaSet server) {
        return server.runAdmin(new Document("hello", 1)).get("operationTime", BsonTimestamp.class);
    }

    /** The server truncates its oplog in large steps: this takes some 200 MB in a collection of its own. */
    static void pushThePresentOut(LocalReplicaSet server, MongoClient client) {
        pushThePresentOut(server, client, () -> {});
    }

    /** The same in steps of a few MB, {@code afterEach} of which something may catch up. */
    static void pushThePresentOut(LocalReplicaSet server, MongoClient client, Runnable afterEach) {
        MongoCollection<Document> foreign =
                client.getDatabase(TestServer.newDatabaseName()).getCollection("foreign");
        BsonTimestamp present = now(server);
        await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(1)).until(() -> {
            Publishers.await(foreign.insertMany(IntStream.range(0, 40)
                    .mapToObj(i -> new Document("large", LARGE))
                    .toList()));
            afterEach.run();
            return oldest(client).filter(time -> time.compareTo(present) > 0).isPresent();
        });
        Publishers.await(foreign.drop());
    }

    /** Empty where the server truncated the oplog under the query. */
    private static Optional<BsonTimestamp> oldest(MongoClient client) {
        try {
            return Optional.of(Publishers.first(client.getDatabase("local")
                            .getCollection("oplog.rs")
                            .find()
                            .limit(1)
                            .first())
                    .get("ts", BsonTimestamp.class));
        } catch (MongoQueryException e) {
            return Optional.empty();
        }
    }
}
