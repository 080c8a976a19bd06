package io.changewatch.event;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * What every event carries, whatever its kind.
 *
 * <p>Immutable and thread-safe.
 */
public final class EventContext {
    private static final byte[] NOTHING = new byte[0];

    private final ResumeToken resumeToken;
    private final BsonTimestamp clusterTime;
    private final Instant wallTime;
    private final Optional<Transaction> transaction;
    private final Optional<UUID> collectionUuid;
    /** Null where the event is only bytes yet. */
    private final @Nullable BsonDocument raw;

    private final byte[] bytes;
    private final int offset;

    /** The context of an event; its parts are what the methods return. */
    public EventContext(
            ResumeToken resumeToken,
            BsonTimestamp clusterTime,
            Instant wallTime,
            Optional<Transaction> transaction,
            Optional<UUID> collectionUuid,
            BsonDocument raw) {
        this(
                resumeToken,
                clusterTime,
                wallTime,
                transaction,
                collectionUuid,
                Objects.requireNonNull(raw, "raw"),
                NOTHING,
                0);
    }

    private EventContext(
            ResumeToken resumeToken,
            BsonTimestamp clusterTime,
            Instant wallTime,
            Optional<Transaction> transaction,
            Optional<UUID> collectionUuid,
            @Nullable BsonDocument raw,
            byte[] bytes,
            int offset) {
        this.resumeToken = Objects.requireNonNull(resumeToken, "resumeToken");
        this.clusterTime = Objects.requireNonNull(clusterTime, "clusterTime");
        this.wallTime = Objects.requireNonNull(wallTime, "wallTime");
        this.transaction = Objects.requireNonNull(transaction, "transaction");
        this.collectionUuid = Objects.requireNonNull(collectionUuid, "collectionUuid");
        this.raw = raw;
        this.bytes = Objects.requireNonNull(bytes, "bytes");
        this.offset = offset;
    }

    /** The context of the event that is the BSON document at {@code offset}. It keeps {@code bytes}, which must not change. */
    public static EventContext in(
            byte[] bytes,
            int offset,
            ResumeToken resumeToken,
            BsonTimestamp clusterTime,
            Instant wallTime,
            Optional<Transaction> transaction,
            Optional<UUID> collectionUuid) {
        return new EventContext(resumeToken, clusterTime, wallTime, transaction, collectionUuid, null, bytes, offset);
    }

    /** The position of the event. */
    public ResumeToken resumeToken() {
        return resumeToken;
    }

    /** The server's logical time. */
    public BsonTimestamp clusterTime() {
        return clusterTime;
    }

    /** The server's wall clock, in milliseconds; the seconds of {@link #clusterTime()} on servers before 6.0. */
    public Instant wallTime() {
        return wallTime;
    }

    /** The transaction it was part of. */
    public Optional<Transaction> transaction() {
        return transaction;
    }

    /** The collection's UUID; sent with {@code showExpandedEvents()} only. */
    public Optional<UUID> collectionUuid() {
        return collectionUuid;
    }

    /** The whole event as the server sent it; a slice of its batch's bytes, see {@link ChangeEvent#raw()}. */
    public BsonDocument raw() {
        return raw != null ? raw : Slices.document(bytes, offset);
    }

    /** Whether {@code other} has the same parts. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EventContext context && parts().equals(context.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    private List<Object> parts() {
        return List.of(resumeToken, clusterTime, wallTime, transaction, collectionUuid, raw());
    }

    @Override
    public String toString() {
        return "EventContext[resumeToken=" + resumeToken + ", clusterTime=" + clusterTime + ", wallTime=" + wallTime
                + ", transaction=" + transaction + ", collectionUuid=" + collectionUuid + ", raw=" + raw() + "]";
    }

    EventContext copy(OwnBytes bytes) {
        return new EventContext(
                new ResumeToken(bytes.move(resumeToken.value())),
                clusterTime,
                wallTime,
                transaction.map(within -> new Transaction(bytes.move(within.lsid()), within.txnNumber())),
                collectionUuid,
                bytes.move(raw()));
    }
}
