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
 */
public final class ResumeToken {

    private static final int TIME_DIGITS = 18;
    private static final byte[] NOTHING = new byte[0];

    /** Null where the token is only bytes yet. */
    private final @Nullable BsonDocument value;

    private final byte[] bytes;
    private final int offset;

    /**
     * A token.
     *
     * @param value as the server sent it, such as {@code {"_data": "8263…"}}
     */
    public ResumeToken(BsonDocument value) {
        this(Objects.requireNonNull(value, "value"), NOTHING, 0);
    }

    private ResumeToken(@Nullable BsonDocument value, byte[] bytes, int offset) {
        this.value = value;
        this.bytes = bytes;
        this.offset = offset;
    }

    /** The token that is the BSON document at {@code offset}. It keeps {@code bytes}, which must not change. */
    public static ResumeToken in(byte[] bytes, int offset) {
        return new ResumeToken(null, Objects.requireNonNull(bytes, "bytes"), offset);
    }

    /** The token as the server sent it, such as {@code {"_data": "8263…"}}. */
    public BsonDocument value() {
        return value != null ? value : Slices.document(bytes, offset);
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
        return value().toJson();
    }

    /** The same token without a tie to the bytes of the batch it came in. */
    public ResumeToken copy() {
        return value() instanceof RawBsonDocument raw ? new ResumeToken(raw.decode(new BsonDocumentCodec())) : this;
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

    /**
     * Which of the events of one cluster time this token stands for, in hexadecimal digits whose order as text is that of the stream. Both
     * versions of a token have the same; so may events of two shards. Empty for tokens that are not MongoDB's own.
     */
    public String placeInTime() {
        String data = data();
        return data == null ? "" : TokenOrder.placeOf(data);
    }

    private @Nullable String data() {
        return value().get("_data") instanceof BsonString text ? text.getValue() : null;
    }

    /** Whether {@code other} is a token of the same value. */
    @Override
    public boolean equals(@Nullable Object other) {
        return this == other || (other instanceof ResumeToken token && value().equals(token.value()));
    }

    @Override
    public int hashCode() {
        return value().hashCode();
    }

    /** The time part of the token only, such as {@code ResumeToken[8263a1b2c300000001…]}. */
    @Override
    public String toString() {
        String data = Objects.requireNonNullElse(data(), "?");
        return "ResumeToken[" + data.substring(0, Math.min(TIME_DIGITS, data.length())) + "…]";
    }
}
