package io.changewatch;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * Decides how a watcher goes on when the oplog no longer reaches back to its position. Each {@link HistoryLostPolicy} is one that
 * always decides the same; an application that wants to look first, or to start a new copy of the data, gives its own:
 *
 * {@snippet class="io.changewatch.examples.FailurePolicies" region="history-lost"}
 *
 * <p>Called on the watcher's thread, once for each loss, before the stream is opened again; the watcher waits for it. What
 * it throws ends the watcher, with that as its {@link ChangeWatcher#failure() failure}.
 */
@FunctionalInterface
public interface HistoryLostDecision {

    /** How to go on after {@code lost}. */
    HistoryLostPolicy decide(HistoryLost lost);

    /**
     * What is known of a loss.
     *
     * @param watcher the name of the watcher
     * @param position the last cluster time that was complete; empty for a watcher that had begun at the present
     * @param oldest the cluster time of the oldest entry the oplog holds now; empty where the watcher may not read it
     * @param cause the server's error
     */
    record HistoryLost(
            String watcher, Optional<BsonTimestamp> position, Optional<BsonTimestamp> oldest, Throwable cause) {

        /** Checks that no part is null. */
        public HistoryLost {
            Objects.requireNonNull(watcher, "watcher");
            Objects.requireNonNull(position, "position");
            Objects.requireNonNull(oldest, "oldest");
            Objects.requireNonNull(cause, "cause");
        }

        /** {@link #position} by the server's clock, in seconds. */
        public Optional<Instant> positionWallTime() {
            return position.map(HistoryLost::wallTime);
        }

        /** {@link #oldest} by the server's clock, in seconds. */
        public Optional<Instant> oldestWallTime() {
            return oldest.map(HistoryLost::wallTime);
        }

        private static Instant wallTime(BsonTimestamp clusterTime) {
            return Instant.ofEpochSecond(Integer.toUnsignedLong(clusterTime.getTime()));
        }
    }
}
