package io.changewatch.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.bson.BsonTimestamp;

/**
 * How long a watcher could stand still until the server has forgotten its place: until the position from which it would
 * resume falls off the oplog.
 *
 * <p>{@code remaining} is the cluster time of that position minus the cluster time of the oldest entry in the primary's oplog.
 * This much of the oplog lies before the position, and all of it has to go first. An oplog has a fixed size, so at
 * the present rate of writes its window stays as long as it is: its oldest entry moves on by an hour in an hour, and {@code remaining}
 * is also the time that is left. It shrinks faster when more is written than before, and the server cuts off a piece at a
 * time, not an entry.
 *
 * <p>A watcher that keeps up has nearly the whole window; who falls behind has less; at zero its history is lost. Cluster times
 * have whole seconds. Immutable and thread-safe.
 *
 * @param remaining the time until the position falls off; zero if it has
 * @param oplogWindow the time from the oldest entry of the oplog to the newest
 * @param position the cluster time of the held position: of the newest checkpoint that was saved, which is what a restart
 *     needs; without a store, or before the first, of the newest that was handled
 * @param growing whether the oplog still has the first entry it ever had: then nothing has fallen off yet, and
 *     {@code remaining} is the least there is
 * @param measuredAt when this was measured, by the client's clock
 */
public record Headroom(
        Duration remaining, Duration oplogWindow, BsonTimestamp position, boolean growing, Instant measuredAt) {

    /** Checks that no part is null. */
    public Headroom {
        Objects.requireNonNull(remaining, "remaining");
        Objects.requireNonNull(oplogWindow, "oplogWindow");
        Objects.requireNonNull(position, "position");
        Objects.requireNonNull(measuredAt, "measuredAt");
    }
}
