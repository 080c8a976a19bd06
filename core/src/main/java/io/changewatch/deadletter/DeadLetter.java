package io.changewatch.deadletter;

import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/**
 * An event that is parked: the event itself, and why.
 *
 * <p>{@link #toString()} shows neither the event nor a key. Immutable and thread-safe.
 *
 * @param id names the letter among those of all watchers. Made of the watcher's name, the event's position and the key of its
 *     document, so that an event that comes again after a crash makes no second letter; its order as text is that of the stream
 * @param watcher the name of the watcher that parked it
 * @param event the whole event as the server sent it, in bytes of its own. Of one whose bytes are no BSON, what comes before the damage
 * @param reason why it is parked
 * @param cause what was thrown; empty for an event that is {@link ParkingReason#BLOCKED}
 * @param attempts how often the handlers were called with it in vain, when it was parked and by re-drives
 * @param failedAt when the last of these attempts failed, or the event was parked, by the client's clock, in milliseconds
 */
public record DeadLetter(
        String id,
        String watcher,
        RawBsonDocument event,
        ParkingReason reason,
        Optional<ParkingCause> cause,
        int attempts,
        Instant failedAt) {

    /**
     * Checks the parts, cuts {@code failedAt} to milliseconds and frees the event from its batch's bytes.
     *
     * @throws IllegalArgumentException if {@code id} is not one that {@link #of} makes, or {@code attempts} is negative
     */
    public DeadLetter {
        if (!isId(id)) {
            throw new IllegalArgumentException("'" + id + "' is not the id of a letter.");
        }
        Objects.requireNonNull(watcher, "watcher");
        event = own(Objects.requireNonNull(event, "event"));
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(cause, "cause");
        if (attempts < 0) {
            throw new IllegalArgumentException("A letter has 0 attempts or more, not " + attempts + ".");
        }
        failedAt = Objects.requireNonNull(failedAt, "failedAt").truncatedTo(ChronoUnit.MILLIS);
    }

    private static RawBsonDocument own(RawBsonDocument event) {
        byte[] bytes = event.getBackingArray();
        int start = event.getByteOffset();
        int length = event.getByteLength();
        return length == bytes.length ? event : new RawBsonDocument(Arrays.copyOfRange(bytes, start, start + length));
    }

    /**
     * The letter of an event.
     *
     * @param event as the server sent it, with its {@code _id} and {@code clusterTime}
     * @throws IllegalArgumentException if the event lacks one of these
     */
    public static DeadLetter of(
            String watcher,
            BsonDocument event,
            ParkingReason reason,
            Optional<ParkingCause> cause,
            int attempts,
            Instant failedAt) {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(event, "event");
        if (!event.isDocument("_id") || !event.isTimestamp("clusterTime")) {
            throw new IllegalArgumentException("An event without a resume token and a cluster time has no place.");
        }
        String id = LetterId.of(
                watcher,
                new ResumeToken(event.getDocument("_id")),
                event.getTimestamp("clusterTime"),
                keyOf(watcher, event));
        return new DeadLetter(id, watcher, raw(event), reason, cause, attempts, failedAt);
    }

    private static RawBsonDocument raw(BsonDocument event) {
        return event instanceof RawBsonDocument raw ? raw : new RawBsonDocument(event, new BsonDocumentCodec());
    }

    /** Whether {@code text} has the form of an id. A store asks before it makes a file name of one. */
    public static boolean isId(String text) {
        return LetterId.isOne(Objects.requireNonNull(text, "text"));
    }

    /** What the letters of the document that {@code event} changed have in common; empty if it changed none. */
    public static Optional<String> keyOf(String watcher, BsonDocument event) {
        return LetterFields.documentKey(event)
                .map(key -> LetterId.key(watcher, LetterFields.namespace(event).orElse(null), key));
    }

    /** The same of a letter: the end of its id. Does not show the document's key. */
    public Optional<String> key() {
        return keyOf(id);
    }

    /** The {@link #key()} of the letter {@code id}. */
    public static Optional<String> keyOf(String id) {
        return LetterId.keyIn(id);
    }

    /** The position of the event. */
    public ResumeToken token() {
        return new ResumeToken(event.getDocument("_id"));
    }

    /** The server's logical time of the change. */
    public BsonTimestamp clusterTime() {
        return event.getTimestamp("clusterTime");
    }

    /** What the event changed, as the server names it: {@code insert}; empty if the event does not tell. */
    public String operationType() {
        return event.isString("operationType")
                ? event.getString("operationType").getValue()
                : "";
    }

    /** The collection or database that changed; empty if the event does not tell. */
    public Optional<Namespace> namespace() {
        return LetterFields.namespace(event);
    }

    /** The key of the document; empty if the event carries none. */
    public Optional<BsonDocument> documentKey() {
        return LetterFields.documentKey(event);
    }

    /** The same letter after {@code more} attempts, the last of which failed with {@code failure}. */
    public DeadLetter failedAgain(int more, ParkingReason why, ParkingCause failure, Instant at) {
        return new DeadLetter(id, watcher, event, why, Optional.of(failure), attempts + more, at);
    }

    /** Everything but the event, as a document with checksums for both; {@link #read} puts them together again. */
    public BsonDocument header() {
        return LetterFields.header(this);
    }

    /**
     * The letter of what {@link #header()} returned and the bytes of its event. Other fields in the header, such as an {@code _id},
     * are ignored.
     *
     * @throws CorruptLetterException if a part is missing, of another type or version, or a checksum does not fit
     */
    public static DeadLetter read(BsonDocument header, byte[] event) {
        return LetterFields.read(Objects.requireNonNull(header, "header"), Objects.requireNonNull(event, "event"));
    }

    /** Without the event and the texts of the cause. */
    @Override
    public String toString() {
        return "DeadLetter[id=" + id + ", watcher=" + watcher + ", reason=" + reason + ", attempts=" + attempts
                + ", failedAt=" + failedAt + "]";
    }
}
