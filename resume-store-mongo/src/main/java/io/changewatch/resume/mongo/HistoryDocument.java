package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.eq;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;

/**
 * How earlier checkpoints stand in the collection: in a document of its own, so that a save does not carry them, under the
 * {@code _id} <code>{history: name}</code>, which is no watcher's name, in the field {@code checkpoints}, the newest first.
 *
 * <p>Thread-safe.
 */
final class HistoryDocument {
    private static final String CHECKPOINTS = "checkpoints";

    private HistoryDocument() {}

    static Bson of(String watcher) {
        return eq("_id", new BsonDocument("history", new BsonString(watcher)));
    }

    /** What can be read of it. */
    static List<Checkpoint> read(BsonDocument document) {
        List<Checkpoint> history = new ArrayList<>();
        for (BsonValue entry : document.getArray(CHECKPOINTS, new BsonArray())) {
            try {
                history.add(Checkpoint.fromBson(entry.asDocument()));
            } catch (CorruptCheckpointException damaged) {
                // One that is damaged cannot be gone back to; the others can.
            }
        }
        return List.copyOf(history);
    }

    static BsonDocument update(List<Checkpoint> history) {
        BsonArray entries =
                new BsonArray(history.stream().map(Checkpoint::toBson).toList());
        return new BsonDocument("$set", new BsonDocument(CHECKPOINTS, entries));
    }
}
