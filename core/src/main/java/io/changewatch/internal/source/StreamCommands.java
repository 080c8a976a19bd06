package io.changewatch.internal.source;

import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * Writes the commands of a change stream. The rules are the server's, from the specification "Change Streams".
 *
 * <p>Immutable and thread-safe.
 */
final class StreamCommands {
    /** Where a stream of the whole cluster is opened. */
    private static final String CLUSTER_DATABASE = "admin";

    private final SourceSettings settings;

    StreamCommands(SourceSettings settings) {
        this.settings = settings;
    }

    String database() {
        return settings.scope().map(Namespace::database).orElse(CLUSTER_DATABASE);
    }

    /** What is watched, for messages. */
    String target() {
        return settings.scope().map(Namespace::toString).orElse("the whole cluster");
    }

    /**
     * Opens a cursor without a first batch: the server answers at once with the position of the opening or an error, and a
     * search through the oplog happens in the first getMore, whose deadline grows.
     */
    BsonDocument aggregate(StartPosition position) {
        return aggregate(position, 0);
    }

    /** With a first batch of up to so many events, for which the server reads on to the end of its oplog. */
    BsonDocument aggregate(StartPosition position, int firstBatch) {
        BsonDocument command = new BsonDocument("aggregate", collection())
                .append("pipeline", new BsonArray(stages(position)))
                .append("cursor", new BsonDocument("batchSize", new BsonInt32(firstBatch)))
                .append("readConcern", new BsonDocument("level", new BsonString("majority")));
        settings.collation().map(Collation::asDocument).ifPresent(collation -> command.append("collation", collation));
        return commented(command);
    }

    private BsonValue collection() {
        return settings.scope()
                .flatMap(Namespace::collection)
                .<BsonValue>map(BsonString::new)
                .orElse(new BsonInt32(1));
    }

    /** The whole pipeline: {@code $changeStream} and the watcher's own stages. */
    List<BsonDocument> stages(StartPosition position) {
        List<BsonDocument> stages = new ArrayList<>();
        stages.add(new BsonDocument("$changeStream", changeStream(position)));
        stages.addAll(settings.pipeline());
        return stages;
    }

    private BsonDocument changeStream(StartPosition position) {
        BsonDocument stage = new BsonDocument();
        if (position instanceof StartPosition.After after) {
            stage.append("startAfter", after.token().value());
        } else if (position instanceof StartPosition.At at) {
            stage.append("startAtOperationTime", at.clusterTime());
        }
        if (settings.fullDocument() != FullDocument.DEFAULT) {
            stage.append("fullDocument", new BsonString(settings.fullDocument().getValue()));
        }
        if (settings.fullDocumentBeforeChange() != FullDocumentBeforeChange.DEFAULT) {
            stage.append(
                    "fullDocumentBeforeChange",
                    new BsonString(settings.fullDocumentBeforeChange().getValue()));
        }
        if (settings.showExpandedEvents()) {
            stage.append("showExpandedEvents", BsonBoolean.TRUE);
        }
        if (settings.scope().isEmpty()) {
            stage.append("allChangesForCluster", BsonBoolean.TRUE);
        }
        return stage;
    }

    /** Asks for the next batch. A batch size of 0 leaves it to the server: as much as 16 MB hold. */
    BsonDocument getMore(CursorReply cursor) {
        BsonDocument command = new BsonDocument("getMore", new BsonInt64(cursor.cursorId()))
                .append("collection", collectionOf(cursor))
                .append("maxTimeMS", new BsonInt64(settings.maxAwait().toMillis()));
        if (settings.batchSize() > 0) {
            command.append("batchSize", new BsonInt32(settings.batchSize()));
        }
        return commented(command);
    }

    BsonDocument killCursors(CursorReply cursor) {
        return new BsonDocument("killCursors", collectionOf(cursor))
                .append("cursors", new BsonArray(List.of(new BsonInt64(cursor.cursorId()))));
    }

    private static BsonString collectionOf(CursorReply cursor) {
        String namespace = cursor.namespace();
        return new BsonString(namespace.substring(namespace.indexOf('.') + 1));
    }

    private BsonDocument commented(BsonDocument command) {
        settings.comment().ifPresent(comment -> command.append("comment", comment));
        return command;
    }
}
