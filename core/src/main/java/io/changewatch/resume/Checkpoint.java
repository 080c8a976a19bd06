package io.changewatch.resume;

import io.changewatch.event.ResumeToken;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonInvalidOperationException;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;

/**
 * A position up to which everything has been handled, with what is needed to know whether it may be used.
 *
 * <p>Immutable and thread-safe.
 *
 * @param token the stream continues after it
 * @param clusterTime the server's logical time of that position
 * @param savedAt when the checkpoint was made, by the client's clock, in milliseconds
 * @param fingerprint the stream it belongs to
 * @param term the fencing term of the lease under which it was made; 0 without a lease
 */
public record Checkpoint(
        ResumeToken token, BsonTimestamp clusterTime, Instant savedAt, Fingerprint fingerprint, long term) {

    private static final int VERSION = 1;
    private static final BsonString NO_CLUSTER = new BsonString("");
    private static final JsonWriterSettings CANONICAL =
            JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();

    /** Checks that no part is null, cuts {@code savedAt} to milliseconds and frees the token from its batch's bytes. */
    public Checkpoint {
        token = Objects.requireNonNull(token, "token").copy();
        Objects.requireNonNull(clusterTime, "clusterTime");
        savedAt = Objects.requireNonNull(savedAt, "savedAt").truncatedTo(ChronoUnit.MILLIS);
        Objects.requireNonNull(fingerprint, "fingerprint");
        if (term < 0) {
            throw new IllegalArgumentException("A checkpoint's term is 0 or more, not " + term + ".");
        }
    }

    /** Whether {@code other} must win over this one: it has a higher term, or the same term and a later position. */
    public boolean isOlderThan(Checkpoint other) {
        Objects.requireNonNull(other, "other");
        if (term != other.term) {
            return term < other.term;
        }
        int byTime = clusterTime.compareTo(other.clusterTime);
        return byTime < 0 || (byTime == 0 && token.isBefore(other.token));
    }

    /** The checkpoint as one document with a checksum; {@link #fromBson} reads it. */
    public BsonDocument toBson() {
        BsonDocument content = content();
        return content.append("checksum", new BsonInt64(checksum(content)));
    }

    /** The checkpoint as one line of canonical extended JSON; {@link #fromJson} reads it. */
    public String toJson() {
        return toBson().toJson(CANONICAL);
    }

    /**
     * Reads what {@link #toBson()} wrote. Fields around it, such as an {@code _id}, are ignored.
     *
     * @throws CorruptCheckpointException if a part is missing, of another type or version, or the checksum does not fit
     */
    public static Checkpoint fromBson(BsonDocument document) {
        Objects.requireNonNull(document, "document");
        try {
            return read(document);
        } catch (BsonInvalidOperationException | BsonSerializationException | IllegalArgumentException e) {
            throw new CorruptCheckpointException(
                    "The checkpoint is damaged or was not written by ChangeWatch: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @throws CorruptCheckpointException if it is not JSON, a part is missing, of another type or version, or the checksum
     *     does not fit
     */
    public static Checkpoint fromJson(String json) {
        return fromBson(parse(Objects.requireNonNull(json, "json")));
    }

    private static BsonDocument parse(String json) {
        try {
            return BsonDocument.parse(json);
        } catch (RuntimeException e) { // damaged JSON makes the parser throw more types than it names
            throw new CorruptCheckpointException(
                    "The checkpoint is damaged or was not written by ChangeWatch: it is not JSON.", e);
        }
    }

    private static Checkpoint read(BsonDocument document) {
        int version = document.getInt32("version").getValue();
        if (version != VERSION) {
            throw new CorruptCheckpointException(
                    "The checkpoint has format version " + version + "; this ChangeWatch reads version " + VERSION
                            + ". Use the version of ChangeWatch that wrote it, or a newer one.",
                    null);
        }
        BsonDocument fingerprint = document.getDocument("fingerprint");
        Checkpoint checkpoint = new Checkpoint(
                new ResumeToken(document.getDocument("token")),
                document.getTimestamp("clusterTime"),
                Instant.ofEpochMilli(document.getDateTime("savedAt").getValue()),
                new Fingerprint(
                        fingerprint.getString("scope").getValue(),
                        fingerprint.getString("pipeline").getValue(),
                        fingerprint.getString("cluster", NO_CLUSTER).getValue()),
                document.getInt64("term").getValue());
        if (document.getInt64("checksum").getValue() != checksum(checkpoint.content())) {
            throw new CorruptCheckpointException(
                    "The checkpoint is damaged: its checksum does not fit its content.", null);
        }
        return checkpoint;
    }

    private BsonDocument content() {
        return new BsonDocument("version", new BsonInt32(VERSION))
                .append("token", token.value().clone())
                .append("clusterTime", clusterTime)
                .append("savedAt", new BsonDateTime(savedAt.toEpochMilli()))
                .append("fingerprint", fingerprintContent())
                .append("term", new BsonInt64(term));
    }

    /** Without a cluster that is not known, as before there was one: the checksum stays. */
    private BsonDocument fingerprintContent() {
        BsonDocument content = new BsonDocument("scope", new BsonString(fingerprint.scope()))
                .append("pipeline", new BsonString(fingerprint.pipeline()));
        return fingerprint.cluster().isEmpty()
                ? content
                : content.append("cluster", new BsonString(fingerprint.cluster()));
    }

    /** Of the BSON bytes: these are specified, while the driver's JSON may be spaced otherwise in its next version. */
    private static long checksum(BsonDocument content) {
        CRC32C crc = new CRC32C();
        crc.update(new RawBsonDocument(content, new BsonDocumentCodec())
                .getByteBuffer()
                .asNIO());
        return crc.getValue();
    }
}
