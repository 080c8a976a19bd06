package io.changewatch.internal.source;

import com.mongodb.MongoCommandException;
import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.MongoClient;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInvalidOperationException;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/**
 * Asks a server about its cluster, beside any change stream.
 *
 * <p>Commands and their fields as in the manual: {@code hello}, {@code replSetGetConfig}. Thread-safe.
 */
final class ClusterQuestions {
    private final MongoClient client;
    private final ReadPreference preference;
    private final Duration limit;

    /** Questions to be answered within {@code limit} each, by a server for {@code preference}. */
    ClusterQuestions(MongoClient client, ReadPreference preference, Duration limit) {
        this.client = client;
        this.preference = preference;
        this.limit = limit;
    }

    /** The replica set's name and, where the user may know it, its id; and the time of the server. */
    CompletableFuture<ClusterFacts> facts() {
        return ask("hello")
                .thenCompose(hello -> hello.isString("setName")
                        ? replicaSetId()
                                .thenApply(id ->
                                        facts(hello, hello.getString("setName").getValue() + "/" + id))
                        : CompletableFuture.completedFuture(facts(hello, "")));
    }

    private static ClusterFacts facts(BsonDocument hello, String identity) {
        BsonValue time = hello.get("operationTime");
        return new ClusterFacts(identity, time instanceof BsonTimestamp timestamp ? timestamp : null);
    }

    /** Empty where the server does not tell, for want of a privilege, or answers otherwise than a mongod. */
    private CompletableFuture<String> replicaSetId() {
        return ask("replSetGetConfig")
                .thenApply(reply -> reply.getDocument("config")
                        .getDocument("settings")
                        .getObjectId("replicaSetId")
                        .getValue()
                        .toHexString())
                .exceptionallyCompose(failure -> isRefusal(failure)
                        ? CompletableFuture.completedFuture("")
                        : CompletableFuture.failedFuture(failure));
    }

    private static boolean isRefusal(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof MongoCommandException || cause instanceof BsonInvalidOperationException;
    }

    /** The cluster time of the oplog's oldest entry. */
    CompletableFuture<BsonTimestamp> oldestEntry() {
        return new CommandOplogWindow(client, preference, Optional.empty())
                .read()
                .thenApply(OplogWindow.Reading::oldest);
    }

    private CompletableFuture<BsonDocument> ask(String command) {
        return run("admin", new BsonDocument(command, new BsonInt32(1)));
    }

    private CompletableFuture<BsonDocument> run(String database, BsonDocument command) {
        return FirstElement.of(() -> client.getDatabase(database)
                .withTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .runCommand(command, preference, BsonDocument.class));
    }
}
