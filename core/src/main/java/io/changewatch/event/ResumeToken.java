package io.changewatch.event;

import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.json.JsonParseException;
import org.jspecify.annotations.Nullable;

/**
 * A position in a change stream. Its content is the server's; nothing but the server may interpret it.
 *
 * <p>{@link #toString()} shows no more than the part that encodes the cluster time, because the rest contains the key of
 * the document. Immutable and thread-safe.
 *
 * @param value the token as the server sent it, such as {@code {"_data": "8263…"}}
 */
public record ResumeToken(BsonDocument value) {

    private static final int TIME_DIGITS = 18;

    /** Checks that {@code value} is not null. */
    public ResumeToken {
        Objects.requireNonNull(value, "value");
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @throws IllegalArgumentException if {@code json} is not a JSON object
     */
    public static ResumeToken fromJson(String json) {
        Objects.requireNonNull(json, "json");
        try {
            return new ResumeToken(BsonDocument.parse(json));
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "Not a resume token: expected a JSON object such as {\"_data\": \"8263...\"}, as ResumeToken.toJson() "
                            + "writes it and the log shows it.",
                    e);
        }
    }

    /** The token as extended JSON; {@link #fromJson(String)} reads it. It contains the key of the document: keep it out of logs. */
    public String toJson() {
        return value.toJson();
    }

    /** The same token without a tie to the bytes of the batch it came in. */
    public ResumeToken copy() {
        return value instanceof RawBsonDocument raw ? new ResumeToken(raw.decode(new BsonDocumentCodec())) : this;
    }

    /**
     * Whether this token lies before {@code other} in the order of one stream. Only tokens with a string {@code _data}
     * (MongoDB's own) have an order; for others the answer is {@code false}. The same stream may be told in tokens of two
     * versions, one while the server splits large events and one while it does not; both have one order.
     */
    public boolean isBefore(ResumeToken other) {
        String mine = data();
        String theirs = other.data();
        return mine != null && theirs != null && TokenOrder.compare(mine, theirs) < 0;
    }

    /** Whether both tokens stand for the same place in one stream, in whichever version. */
    public boolean isAt(ResumeToken other) {
        String mine = data();
        String theirs = other.data();
        return (mine == null || theirs == null) ? equals(other) : TokenOrder.compare(mine, theirs) == 0;
    }

    private @Nullable String data() {
        return value.get("_data") instanceof BsonString text ? text.getValue() : null;
    }

    /** The time part of the token only, such as {@code ResumeToken[8263a1b2c300000001…]}. */
    @Override
    public String toString() {
        String data = Objects.requireNonNullElse(data(), "?");
        return "ResumeToken[" + data.substring(0, Math.min(TIME_DIGITS, data.length())) + "…]";
    }
}
