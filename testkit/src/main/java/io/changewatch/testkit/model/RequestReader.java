package io.changewatch.testkit.model;

import static java.util.Objects.requireNonNull;

import com.mongodb.MongoException;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
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
        var pipeline = aggregate.getArray("pipeline");
        BsonDocument stream = pipeline.get(0).asDocument().getDocument("$changeStream");
        throwIfUnknown(aggregate, stream);
        return new StreamRequest(
                scope(database, requireNonNull(aggregate.get("aggregate"))),
                start(stream),
                stream.containsKey("resumeAfter"),
                stages(pipeline.subList(1, pipeline.size())),
                FullDocument.fromString(text(stream, "fullDocument", FullDocument.DEFAULT.getValue())),
                FullDocumentBeforeChange.fromString(
                        text(stream, "fullDocumentBeforeChange", FullDocumentBeforeChange.DEFAULT.getValue())));
    }

    /** What is not known is refused: a test must not pass because something was left out in silence. */
    private static void throwIfUnknown(BsonDocument aggregate, BsonDocument stream) {
        if (aggregate.containsKey("collation")) {
            throw unknown("collations", "");
        }
        if (stream.getBoolean("showExpandedEvents", BsonBoolean.FALSE).getValue()) {
            throw unknown("expanded events", "");
        }
    }

    /**
     * What {@code pipeline} asks for behind {@code $changeStream}.
     *
     * @throws MongoException if a stage is not known
     */
    public static Stages stages(List<? extends BsonValue> pipeline) {
        Stages stages = Stages.NONE;
        for (BsonValue stage : pipeline) {
            String name = stage.asDocument().getFirstKey();
            if (stages.isSplitting()) {
                throw ServerErrors.command(
                        7182802,
                        "Location7182802",
                        "$changeStreamSplitLargeEvent is only allowed as the last stage in the pipeline");
            }
            boolean hasBody = stage.asDocument().isDocument(name);
            stages = with(stages, name, hasBody ? stage.asDocument().getDocument(name) : new BsonDocument());
        }
        return stages;
    }

    private static Stages with(Stages before, String stage, BsonDocument body) {
        return switch (stage) {
            case "$match" -> matching(before, body);
            case "$project" ->
                new Stages(before.early(), before.late(), Optional.of(keptBy(body)), before.isSplitting());
            case "$changeStreamSplitLargeEvent" -> new Stages(before.early(), before.late(), before.kept(), true);
            default -> throw unknownStage(stage);
        };
    }

    private static Stages matching(Stages before, BsonDocument body) {
        if (before.kept().isPresent()) {
            throw unknownStage("a $match behind a $project");
        }
        MatchStage condition = MatchStage.of(body);
        return readsImages(body)
                ? new Stages(before.early(), before.late().and(condition), before.kept(), false)
                : new Stages(before.early().and(condition), before.late(), before.kept(), false);
    }

    private static boolean readsImages(BsonDocument body) {
        return body.toJson().contains("\"fullDocument");
    }

    private static Set<String> keptBy(BsonDocument projection) {
        boolean isSimple = projection.entrySet().stream()
                .allMatch(field -> !field.getKey().contains(".")
                        && (field.getValue().equals(BsonBoolean.TRUE)
                                || field.getValue().equals(new BsonInt32(1))));
        if (!isSimple) {
            throw unknownStage("a $project that does more than keep whole fields");
        }
        return Set.copyOf(projection.keySet());
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

    private static MongoException unknownStage(String stage) {
        return unknown("the stages $match, $project and $changeStreamSplitLargeEvent", ", but not " + stage);
    }

    private static MongoException unknown(String what, String but) {
        String known = but.isEmpty() ? "does not know " + what : "knows " + what + but;
        return ServerErrors.command(
                40324,
                "ScriptedServer",
                "The scripted replica set " + known
                        + ". Test this pipeline against a real server: see LocalReplicaSet.");
    }
}
