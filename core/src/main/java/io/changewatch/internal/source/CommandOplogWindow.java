package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterType;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/**
 * Reads the first entry of a server's {@code local.oplog.rs} with one {@code find}, whose reply also tells the time of the last.
 *
 * <p>A mongos has no oplog of its own and does not show those of its shards.
 *
 * <p>Thread-safe.
 */
public final class CommandOplogWindow implements OplogWindow {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Set<ClusterType> WITHOUT_OPLOG = Set.of(ClusterType.SHARDED, ClusterType.LOAD_BALANCED);
    /** What a server writes when a set is made; it is the first entry until the oplog is full for the first time. */
    private static final String FIRST_EVER = "initiating set";

    private final MongoClient client;
    private final ReadPreference preference;
    private final Optional<BsonValue> comment;

    /** A look through {@code client} at a server for {@code preference}. */
    public CommandOplogWindow(MongoClient client, ReadPreference preference, Optional<BsonValue> comment) {
        this.client = client;
        this.preference = preference;
        this.comment = comment;
    }

    @Override
    public CompletableFuture<Reading> read() {
        return FirstElement.of(() -> {
                    throwIfHidden();
                    MongoDatabase local =
                            client.getDatabase("local").withTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                    return local.runCommand(firstEntry(), preference, BsonDocument.class);
                })
                .thenApply(CommandOplogWindow::reading);
    }

    private void throwIfHidden() {
        ClusterType type = client.getClusterDescription().getType();
        if (WITHOUT_OPLOG.contains(type)) {
            throw new OplogHiddenException("a mongos does not show the oplogs of its shards");
        }
    }

    private BsonDocument firstEntry() {
        BsonDocument command = new BsonDocument("find", new BsonString("oplog.rs"))
                .append("sort", new BsonDocument("$natural", new BsonInt32(1)))
                .append("limit", new BsonInt32(1))
                .append("singleBatch", BsonBoolean.TRUE)
                .append(
                        "projection",
                        new BsonDocument("_id", new BsonInt32(0))
                                .append("ts", new BsonInt32(1))
                                .append("o.msg", new BsonInt32(1)));
        comment.ifPresent(text -> command.append("comment", text));
        return command;
    }

    private static Reading reading(BsonDocument reply) {
        BsonArray entries = reply.getDocument("cursor").getArray("firstBatch");
        if (entries.isEmpty() || !(reply.get("operationTime") instanceof BsonTimestamp newest)) {
            throw new OplogHiddenException("the server shows no oplog in local.oplog.rs");
        }
        BsonDocument first = entries.get(0).asDocument();
        BsonDocument content = first.getDocument("o", new BsonDocument());
        return new Reading(first.getTimestamp("ts"), newest, isFirstEver(content));
    }

    private static boolean isFirstEver(BsonDocument content) {
        return content.get("msg") instanceof BsonString message
                && message.getValue().equals(FIRST_EVER);
    }
}
