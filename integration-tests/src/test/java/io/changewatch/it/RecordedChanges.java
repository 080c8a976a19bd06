package io.changewatch.it;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import reactor.core.publisher.Mono;

/**
 * The changes of a collection since a moment, which can be read again and again through other pipelines. Speaks the
 * server's commands, since only their replies tell that nothing more will come: by the post-batch resume token.
 */
final class RecordedChanges {

    private final MongoClient client;
    private final MongoCollection<BsonDocument> collection;
    private final BsonTimestamp start;
    private final FullDocument fullDocument;

    private RecordedChanges(
            MongoClient client,
            MongoCollection<BsonDocument> collection,
            BsonTimestamp start,
            FullDocument fullDocument) {
        this.client = client;
        this.collection = collection;
        this.start = start;
        this.fullDocument = fullDocument;
    }

    /** From now on, after a write of its own. */
    static RecordedChanges from(MongoClient client, MongoCollection<BsonDocument> collection) {
        BsonTimestamp written = write(client);
        return new RecordedChanges(
                client,
                collection,
                new BsonTimestamp(written.getTime(), written.getInc() + 1),
                FullDocument.UPDATE_LOOKUP);
    }

    /** The same changes with another state of updated documents than the one looked up. */
    RecordedChanges with(FullDocument asked) {
        return new RecordedChanges(client, collection, start, asked);
    }

    /** A write elsewhere, which moves the clock. */
    private static BsonTimestamp write(MongoClient client) {
        BsonDocument insert = new BsonDocument("insert", new BsonString("clock"))
                .append("documents", new BsonArray(List.of(new BsonDocument())));
        return Mono.from(client.getDatabase("clock").runCommand(insert, BsonDocument.class))
                .block()
                .getTimestamp("operationTime");
    }

    /** What the server sends through these stages, up to now. */
    List<BsonDocument> sent(List<BsonDocument> stages) {
        BsonTimestamp end = write(client);
        try (ClientSession session = Mono.from(client.startSession()).block()) {
            return read(session, stages, end);
        }
    }

    private List<BsonDocument> read(ClientSession session, List<BsonDocument> stages, BsonTimestamp end) {
        List<BsonDocument> events = new ArrayList<>();
        BsonDocument cursor = run(session, aggregate(stages)).getDocument("cursor");
        collect(cursor, "firstBatch", events);
        while (clusterTime(cursor) < end.getValue()) {
            write(client);
            cursor = run(session, getMore(cursor)).getDocument("cursor");
            collect(cursor, "nextBatch", events);
        }
        run(session, killCursors(cursor));
        return events;
    }

    private BsonDocument aggregate(List<BsonDocument> stages) {
        BsonDocument changeStream = new BsonDocument("startAtOperationTime", start)
                .append("fullDocument", new BsonString(fullDocument.getValue()))
                .append("fullDocumentBeforeChange", new BsonString("whenAvailable"));
        List<BsonValue> pipeline = new ArrayList<>(List.of(new BsonDocument("$changeStream", changeStream)));
        pipeline.addAll(stages);
        return new BsonDocument("aggregate", name())
                .append("pipeline", new BsonArray(pipeline))
                .append("cursor", new BsonDocument());
    }

    private BsonDocument getMore(BsonDocument cursor) {
        return new BsonDocument("getMore", cursor.get("id"))
                .append("collection", name())
                .append("maxTimeMS", new BsonInt64(100));
    }

    private BsonDocument killCursors(BsonDocument cursor) {
        return new BsonDocument("killCursors", name()).append("cursors", new BsonArray(List.of(cursor.get("id"))));
    }

    private BsonString name() {
        return new BsonString(collection.getNamespace().getCollectionName());
    }

    private BsonDocument run(ClientSession session, BsonDocument command) {
        MongoDatabase database = client.getDatabase(collection.getNamespace().getDatabaseName());
        return Mono.from(database.runCommand(session, command, BsonDocument.class))
                .block();
    }

    private static void collect(BsonDocument cursor, String batch, List<BsonDocument> events) {
        cursor.getArray(batch).forEach(event -> events.add(event.asDocument()));
    }

    /** A token begins with the byte 82 and the cluster time. */
    private static long clusterTime(BsonDocument cursor) {
        String token =
                cursor.getDocument("postBatchResumeToken").getString("_data").getValue();
        return Long.parseUnsignedLong(token.substring(2, 18), 16);
    }
}
