package io.changewatch.testkit.model;

import static java.util.Objects.requireNonNull;

import com.mongodb.MongoException;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import java.util.Optional;
import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/** Reads the {@code aggregate} that opens a stream. */
public final class RequestReader {
    private RequestReader() {}

    /**
     * What {@code aggregate} on {@code database} asks for.
     *
     * @throws MongoException if it is nothing that this server knows
     */
    public static StreamRequest read(String database, BsonDocument aggregate) {
        var stages = aggregate.getArray("pipeline");
        BsonDocument stream = stages.get(0).asDocument().getDocument("$changeStream");
        Predicate<BsonDocument> filter = event -> true;
        boolean isSplitting = false;
        for (BsonValue stage : stages.subList(1, stages.size())) {
            switch (stage.asDocument().getFirstKey()) {
                case "$match" ->
                    filter = filter.and(MatchStage.of(stage.asDocument().getDocument("$match")));
                case "$changeStreamSplitLargeEvent" -> isSplitting = true;
                default -> throw unknown(stage.asDocument().getFirstKey());
            }
        }
        return new StreamRequest(
                scope(database, requireNonNull(aggregate.get("aggregate"))),
                start(stream),
                stream.containsKey("resumeAfter"),
                filter,
                FullDocument.fromString(text(stream, "fullDocument", FullDocument.DEFAULT.getValue())),
                FullDocumentBeforeChange.fromString(
                        text(stream, "fullDocumentBeforeChange", FullDocumentBeforeChange.DEFAULT.getValue())),
                isSplitting);
    }

    private static Optional<Namespace> scope(String database, BsonValue collection) {
        if (collection instanceof BsonString name) {
            return Optional.of(Namespace.of(database, name.getValue()));
        }
        return database.equals("admin") ? Optional.empty() : Optional.of(Namespace.of(database));
    }

    private static StartPosition start(BsonDocument stream) {
        if (stream.containsKey("startAtOperationTime")) {
            return StartPosition.at(stream.getTimestamp("startAtOperationTime"));
        }
        for (String name : new String[] {"startAfter", "resumeAfter"}) {
            if (stream.containsKey(name)) {
                return StartPosition.after(new ResumeToken(stream.getDocument(name)));
            }
        }
        return StartPosition.now();
    }

    private static String text(BsonDocument stream, String name, String otherwise) {
        return stream.getString(name, new BsonString(otherwise)).getValue();
    }

    private static MongoException unknown(String stage) {
        return ServerErrors.command(
                40324,
                "ScriptedServer",
                "The scripted replica set knows the stages $match and $changeStreamSplitLargeEvent, but not " + stage
                        + ". Test this pipeline against a real server: see LocalReplicaSet.");
    }
}
