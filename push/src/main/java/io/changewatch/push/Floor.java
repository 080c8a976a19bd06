package io.changewatch.push;

import io.changewatch.event.ResumeToken;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Where the ring begins: it holds every event behind this position.
 *
 * @param openedAt the position's time, if it is the place at which the stream was opened; null if it is an event's
 */
record Floor(ResumeToken position, @Nullable BsonTimestamp openedAt) {

    /** Whether a stream at this position has passed the floor. */
    boolean isReachedBy(ResumeToken reached) {
        return !reached.isBefore(position);
    }

    /**
     * Whether a stream that rests at a position of this time can have nothing more to tell before the floor. The server opens
     * a stream one tick behind its newest time (server: {@code DocumentSourceChangeStream}, {@code addTicks(1)}); while it is
     * idle, another stream comes no nearer than that tick, until the no-op that is written every 10 s.
     */
    boolean isNextAfter(BsonTimestamp clusterTime) {
        return openedAt != null && clusterTime.getValue() + 1 == openedAt.getValue();
    }
}
