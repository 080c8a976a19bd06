package io.changewatch.internal.engine;

import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Which event it is that cannot be delivered, or may be: its small fields.
 *
 * @param operation such as {@code update}; empty if the pipeline leaves it out, like the namespace and the key
 */
record Culprit(
        ResumeToken token,
        BsonTimestamp clusterTime,
        Optional<String> operation,
        Optional<Namespace> namespace,
        Optional<BsonDocument> documentKey) {
    private static final String DATA = "_data";
    private static final int LONGEST_KEY = 200;

    /** Reads the fields of an event; empty without a token of which the time is known. */
    static Optional<Culprit> of(BsonDocument event) {
        if (!(event.get("_id") instanceof BsonDocument id) || !id.containsKey(DATA)) {
            return Optional.empty();
        }
        ResumeToken token = new ResumeToken(id).copy();
        Optional<BsonTimestamp> time =
                event.isTimestamp("clusterTime") ? Optional.of(event.getTimestamp("clusterTime")) : TokenTime.of(token);
        return time.map(known -> new Culprit(
                token,
                known,
                text(event.get("operationType")),
                namespace(event.get("ns")),
                event.get("documentKey") instanceof BsonDocument key ? Optional.of(key) : Optional.empty()));
    }

    private static Optional<String> text(@Nullable BsonValue value) {
        return value instanceof BsonString text ? Optional.of(text.getValue()) : Optional.empty();
    }

    private static Optional<Namespace> namespace(@Nullable BsonValue value) {
        if (!(value instanceof BsonDocument parts)) {
            return Optional.empty();
        }
        return text(parts.get("db")).map(database -> new Namespace(database, text(parts.get("coll"))));
    }

    /** By what the server's {@code $match} finds it in every stream with the same stages. */
    BsonValue tokenData() {
        return Objects.requireNonNull(token.value().get(DATA));
    }

    /** Names the document, for the exception and the log. */
    String describe() {
        return "the " + operation.orElse("event")
                + documentKey.map(key -> " of " + shortened(key.toJson())).orElse("")
                + namespace.map(in -> " in " + in).orElse("")
                + " at cluster time " + clusterTime.getTime() + "/" + clusterTime.getInc();
    }

    private static String shortened(String key) {
        return key.length() <= LONGEST_KEY ? key : key.substring(0, LONGEST_KEY) + "…";
    }
}
