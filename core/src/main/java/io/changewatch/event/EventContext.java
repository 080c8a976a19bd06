package io.changewatch.event;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * What every event carries, whatever its kind.
 *
 * <p>Immutable and thread-safe.
 *
 * @param resumeToken the position of the event
 * @param clusterTime the server's logical time
 * @param wallTime the server's wall clock, in milliseconds; the seconds of {@code clusterTime} on servers before 6.0
 * @param transaction the transaction it was part of
 * @param collectionUuid the collection's UUID; sent with {@code showExpandedEvents()} only
 * @param raw the whole event as the server sent it; a slice of its batch's bytes, see {@link ChangeEvent#raw()}
 */
public record EventContext(
        ResumeToken resumeToken,
        BsonTimestamp clusterTime,
        Instant wallTime,
        Optional<Transaction> transaction,
        Optional<UUID> collectionUuid,
        BsonDocument raw) {

    /** Checks that no part is null. */
    public EventContext {
        Objects.requireNonNull(resumeToken, "resumeToken");
        Objects.requireNonNull(clusterTime, "clusterTime");
        Objects.requireNonNull(wallTime, "wallTime");
        Objects.requireNonNull(transaction, "transaction");
        Objects.requireNonNull(collectionUuid, "collectionUuid");
        Objects.requireNonNull(raw, "raw");
    }

    EventContext copy(OwnBytes bytes) {
        return new EventContext(
                new ResumeToken(bytes.move(resumeToken.value())),
                clusterTime,
                wallTime,
                transaction.map(within -> new Transaction(bytes.move(within.lsid()), within.txnNumber())),
                collectionUuid,
                bytes.move(raw));
    }
}
