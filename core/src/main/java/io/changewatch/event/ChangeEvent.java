package io.changewatch.event;

import java.time.Instant;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;

/**
 * One change, as the server reported it.
 *
 * <p>The family is closed: {@link DocumentEvent}s ({@link Insert}, {@link Update}, {@link Replace}, {@link Delete}) change
 * one document, {@link NamespaceEvent}s change a collection or database, {@link Invalidate} ends the watched scope,
 * {@link Gap} says that events are missing, and {@link Other} carries whatever a newer server adds.
 *
 * <p>Immutable, unless the document type {@code T} is mutable; then thread-safe as far as {@code T} is.
 *
 * @param <T> the type documents are decoded to
 */
public sealed interface ChangeEvent<T> permits DocumentEvent, NamespaceEvent, Invalidate, Gap, Other {

    /** What every event carries: position, times, transaction and the raw document. */
    EventContext context();

    /** The kind of change. {@link OperationType#OTHER} for one that this version has no type for. */
    OperationType operationType();

    /** The collection or database that changed. Empty for {@link Invalidate}, {@link Gap} and where the server sent none. */
    Optional<Namespace> namespace();

    /** The position of this event: a stream opened after it continues with the next event. */
    default ResumeToken resumeToken() {
        return context().resumeToken();
    }

    /** The server's logical time of the change. Events of one transaction share it. */
    default BsonTimestamp clusterTime() {
        return context().clusterTime();
    }

    /** The server's wall clock at the change, in milliseconds; servers before 6.0 send none, there it is {@link #clusterTime()} in seconds. */
    default Instant wallTime() {
        return context().wallTime();
    }

    /** The transaction this change was part of. */
    default Optional<Transaction> transaction() {
        return context().transaction();
    }

    /** The whole event as the server sent it, in relaxed extended JSON. */
    default String toJson() {
        return raw().toJson(JsonWriterSettings.builder()
                .outputMode(JsonMode.RELAXED)
                .build());
    }

    /**
     * The whole event as the server sent it. It shares the bytes of its batch, up to 16 MB: an event that outlives its handler
     * should be kept as its {@link #copy()}.
     */
    default BsonDocument raw() {
        return context().raw();
    }

    /**
     * The same event with bytes of its own, to be kept for longer than its handler runs: {@link #raw()}, the document key and
     * the resume token, the parts of an update description and documents of type {@code RawBsonDocument} are otherwise slices of
     * the batch, and each of them keeps all of it in memory. Documents of other types were made from the batch and hold nothing
     * of it; they are taken over as they are.
     */
    ChangeEvent<T> copy();
}
