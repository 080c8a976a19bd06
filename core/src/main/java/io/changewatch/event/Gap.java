package io.changewatch.event;

import io.changewatch.HistoryLostPolicy;
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
 * @param policy where the application chose to go on
 * @param cause why continuity could not be kept
 */
public record Gap<T>(
        EventContext context, BsonTimestamp from, BsonTimestamp to, HistoryLostPolicy policy, Throwable cause)
        implements ChangeEvent<T> {

    /** Checks that no part is null. */
    public Gap {
        Objects.requireNonNull(context, "context");
        Objects.requireNonNull(from, "from");
        Objects.requireNonNull(to, "to");
        Objects.requireNonNull(policy, "policy");
        Objects.requireNonNull(cause, "cause");
    }

    /**
     * A gap before the position {@code at}. Its raw document is
     * {@code {_id, operationType: "gap", clusterTime, from, to, policy, cause}}, the cause as text.
     *
     * @param at the position the stream goes on from
     * @param to cluster time of that position; also the time of this event
     */
    public static <T> Gap<T> of(
            ResumeToken at, BsonTimestamp from, BsonTimestamp to, HistoryLostPolicy policy, Throwable cause) {
        BsonDocument raw = new BsonDocument("_id", at.value())
                .append("operationType", new BsonString(OperationType.GAP.value()))
                .append("clusterTime", to)
                .append("from", from)
                .append("to", to)
                .append("policy", new BsonString(policy.name()))
                .append("cause", new BsonString(cause.toString()));
        EventContext context = new EventContext(at, to, wallTime(to), Optional.empty(), Optional.empty(), raw);
        return new Gap<>(context, from, to, policy, cause);
    }

    /** {@link #from} by the server's clock, in seconds. */
    public Instant fromWallTime() {
        return wallTime(from);
    }

    /** {@link #to} by the server's clock, in seconds. */
    public Instant toWallTime() {
        return wallTime(to);
    }

    private static Instant wallTime(BsonTimestamp clusterTime) {
        return Instant.ofEpochSecond(Integer.toUnsignedLong(clusterTime.getTime()));
    }

    @Override
    public OperationType operationType() {
        return OperationType.GAP;
    }

    @Override
    public Optional<Namespace> namespace() {
        return Optional.empty();
    }

    @Override
    public Gap<T> copy() {
        return new Gap<>(context.copy(OwnBytes.of(raw())), from, to, policy, cause);
    }
}
