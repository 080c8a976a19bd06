package io.changewatch.pipeline;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A stage that the application wrote itself: one that a change stream accepts, and that keeps {@code _id}, the resume
 * token. What an expression computes cannot be seen here; the server ends such a stream with error 280 instead.
 */
final class RawStage {

    private static final Set<String> ALLOWED =
            Set.of("$match", "$project", "$addFields", "$set", "$unset", "$replaceRoot", "$replaceWith", "$redact");
    private static final String SPLIT = "$changeStreamSplitLargeEvent";
    private static final String ID = "_id";

    private RawStage() {}

    /**
     * The stage, if it is legal.
     *
     * @throws IllegalArgumentException if it is not; the message names the remedy
     */
    static BsonDocument checked(BsonDocument stage) {
        if (stage.size() != 1) {
            throw new IllegalArgumentException("A stage is a document with one field, its operator; this one has "
                    + stage.size() + ": " + stage.keySet() + ". Add each operator as a stage of its own.");
        }
        Map.Entry<String, BsonValue> operation = stage.entrySet().iterator().next();
        requireAllowed(operation.getKey());
        requireId(operation.getKey(), operation.getValue());
        return stage;
    }

    /**
     * The paths that a {@code $match} reads. None if it names the operation: then it may well leave updates out, and it
     * gets the benefit of the doubt.
     */
    static Set<String> pathsRead(BsonDocument stage) {
        Set<String> paths = new TreeSet<>();
        if (stage.get("$match") instanceof BsonDocument body) {
            collectPaths(body, paths);
        }
        return paths.contains("operationType") ? Set.of() : paths;
    }

    private static void collectPaths(BsonDocument body, Set<String> paths) {
        for (Map.Entry<String, BsonValue> entry : body.entrySet()) {
            if (!entry.getKey().startsWith("$")) {
                paths.add(entry.getKey());
            } else if (entry.getValue() instanceof BsonArray bodies) {
                bodies.stream().filter(BsonValue::isDocument).forEach(part -> collectPaths(part.asDocument(), paths));
            }
        }
    }

    private static void requireAllowed(String operator) {
        if (operator.equals(SPLIT)) {
            throw new IllegalArgumentException(SPLIT + " is added by the watcher itself, as the last stage, when an"
                    + " event is too large; it also puts the fragments together. Leave the stage out.");
        }
        if (!ALLOWED.contains(operator)) {
            throw new IllegalArgumentException("A change stream does not accept the stage " + operator + ". Use one of "
                    + ALLOWED.stream().sorted().toList() + ".");
        }
    }

    private static void requireId(String operator, BsonValue body) {
        boolean losesId = switch (operator) {
            case "$project" -> projectsId(body);
            case "$addFields", "$set" -> body.isDocument() && namesId(body.asDocument());
            case "$unset" -> unsets(body).stream().anyMatch(RawStage::isId);
            case "$replaceWith" -> replacesId(body);
            case "$replaceRoot" ->
                body.isDocument() && replacesId(body.asDocument().get("newRoot"));
            default -> false;
        };
        if (losesId) {
            throw new IllegalArgumentException("The stage " + operator + " drops or changes _id, the resume token, with"
                    + " which the server would end the stream (error 280). Keep _id as it is; to send fewer fields, use"
                    + " keepFields(..) or dropFields(..).");
        }
    }

    private static boolean isId(String path) {
        return Envelope.isAtOrBelow(path, ID);
    }

    private static boolean namesId(BsonDocument fields) {
        return fields.keySet().stream().anyMatch(RawStage::isId);
    }

    /** Only {@code _id: 1} keeps it. */
    private static boolean projectsId(BsonValue body) {
        if (!body.isDocument() || !namesId(body.asDocument())) {
            return false;
        }
        BsonValue id = body.asDocument().get(ID);
        return id == null || !includes(id);
    }

    private static boolean includes(BsonValue value) {
        return value.isNumber()
                ? value.asNumber().doubleValue() != 0
                : value.isBoolean() && value.asBoolean().getValue();
    }

    private static List<String> unsets(BsonValue body) {
        List<BsonValue> paths = body.isArray() ? body.asArray().getValues() : List.of(body);
        return paths.stream()
                .filter(BsonValue::isString)
                .map(path -> path.asString().getValue())
                .toList();
    }

    /** A path other than the event itself, or a document that does not take the event's {@code _id} over. */
    private static boolean replacesId(@Nullable BsonValue root) {
        if (root instanceof BsonString path) {
            return !Set.of("$$ROOT", "$$CURRENT").contains(path.getValue());
        }
        return root instanceof BsonDocument document
                && document.keySet().stream().noneMatch(name -> name.startsWith("$"))
                && !Set.of("$_id", "$$ROOT._id", "$$CURRENT._id").contains(text(document.get(ID)));
    }

    private static String text(@Nullable BsonValue value) {
        return value instanceof BsonString string ? string.getValue() : "";
    }
}
