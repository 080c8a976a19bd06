package io.changewatch.internal.source;

import com.mongodb.MongoCommandException;
import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.MongoClient;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInvalidOperationException;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server about its cluster, beside any change stream.
 *
 * <p>Commands and their fields as in the manual: {@code hello}, {@code replSetGetConfig}. Thread-safe.
 */
final class ClusterQuestions {
    private final MongoClient client;
    private final ReadPreference preference;
    private final Supplier<Duration> limit;

    /** Questions that the driver gives up after {@code limit} each, to a server for {@code preference}. */
    ClusterQuestions(MongoClient client, ReadPreference preference, Supplier<Duration> limit) {
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
        return new ClusterFacts(identity, time(hello));
    }

    /** The newest that the cluster has told any member; a secondary's own time may be far behind it. */
    private static @Nullable BsonTimestamp time(BsonDocument hello) {
        BsonValue newest = hello.getDocument("$clusterTime", new BsonDocument()).get("clusterTime");
        BsonValue time = newest instanceof BsonTimestamp ? newest : hello.get("operationTime");
        return time instanceof BsonTimestamp timestamp ? timestamp : null;
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
                .withTimeout(limit.get().toMillis(), TimeUnit.MILLISECONDS)
                .runCommand(command, preference, BsonDocument.class));
    }
}
