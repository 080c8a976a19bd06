package io.changewatch.event;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;

/**
 * Events are missing between two positions, and the application chose to go on. Made by the library, never by the server.
 *
 * <p>Immutable and thread-safe.
 *
 * @param context the position the stream goes on from; its {@link EventContext#raw() raw} document describes the gap
 * @param from cluster time of the last position that was known to be complete
 * @param to cluster time the stream goes on from
 * @param cause why continuity could not be kept
 */
public record Gap<T>(EventContext context, BsonTimestamp from, BsonTimestamp to, Throwable cause)
        implements ChangeEvent<T> {

    /** Checks that {@code cause} is not null. */
    public Gap {
        Objects.requireNonNull(cause, "cause");
    }

    /**
     * A gap before the position {@code at}. Its raw document is
     * {@code {_id, operationType: "gap", clusterTime, from, to, cause}}, the cause as text.
     *
     * @param at the position the stream goes on from
     * @param to cluster time of that position; also the time of this event
     */
    public static <T> Gap<T> of(ResumeToken at, BsonTimestamp from, BsonTimestamp to, Throwable cause) {
        BsonDocument raw = new BsonDocument("_id", at.value())
                .append("operationType", new BsonString(OperationType.GAP.value()))
                .append("clusterTime", to)
                .append("from", from)
                .append("to", to)
                .append("cause", new BsonString(cause.toString()));
        Instant wallTime = Instant.ofEpochSecond(Integer.toUnsignedLong(to.getTime()));
        EventContext context = new EventContext(at, to, wallTime, Optional.empty(), Optional.empty(), raw);
        return new Gap<>(context, from, to, cause);
    }

    @Override
    public OperationType operationType() {
        return OperationType.GAP;
    }

    @Override
    public Optional<Namespace> namespace() {
        return Optional.empty();
    }
}
