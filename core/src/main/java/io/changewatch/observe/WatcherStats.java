package io.changewatch.observe;

import io.changewatch.WatcherState;
import io.changewatch.event.OperationType;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * What a watcher has done so far, and where it is: a snapshot, counted since it was built.
 *
 * <p>Immutable and thread-safe.
 *
 * @param state the state at the time of the snapshot
 * @param events handled events by operation
 * @param bytes the size of all replies of the server
 * @param batches how many batches the server sent, empty ones included
 * @param reconnects how often the stream was opened again
 * @param handlerFailures how often a handler or a validation threw, retries included
 * @param skipped how many events were skipped by policy
 * @param parked how many events were parked as letters
 * @param checkpointsSaved how many checkpoints were saved
 * @param checkpointFailures how many saves failed
 * @param unsavedEvents how many events were handled since the last saved checkpoint
 * @param lag now minus the wall time of the last handled event, when it was handled; empty before the first event. Clocks of
 *     different machines are compared
 * @param sinceLastBatch the time since the server's last answer, an empty one included; empty before the first
 * @param lastPosition the position up to which everything was handled
 * @param lastClusterTime the cluster time of that position
 * @param lastSavedAt when the last checkpoint was saved
 * @param progress what the watcher is doing now, and whether it gets on
 * @param headroom how long until the held position falls off the oplog, as it was measured last, usually within 30 s; empty
 *     while it has not been measured
 * @param headroomUnknown why {@code headroom} cannot be measured, and what to do; empty if it can, or is not to be
 * @param lease who has the lease, as far as this instance knows; empty without a lease, and while nothing is known
 */
public record WatcherStats(
        WatcherState state,
        Map<OperationType, Long> events,
        long bytes,
        long batches,
        long reconnects,
        long handlerFailures,
        long skipped,
        long parked,
        long checkpointsSaved,
        long checkpointFailures,
        long unsavedEvents,
        Optional<Duration> lag,
        Optional<Duration> sinceLastBatch,
        Optional<ResumeToken> lastPosition,
        Optional<BsonTimestamp> lastClusterTime,
        Optional<Instant> lastSavedAt,
        Progress progress,
        Optional<Headroom> headroom,
        Optional<String> headroomUnknown,
        Optional<LeaseHolder> lease) {

    /**
     * Who has the lease, as far as this instance knows.
     *
     * @param isThisInstance whether it is this one
     * @param term the term in which it is held
     */
    public record LeaseHolder(String holder, long term, boolean isThisInstance) {}

    /**
     * Whether a watcher gets on.
     *
     * @param activity what it is doing at the time of the snapshot
     * @param sinceProgress the time since {@code lastPosition} moved, or since the start if it has not; empty before the start.
     *     An idle server moves it every 10 s; when it grows beyond that, nothing is handled
     * @param behind how far {@code lastPosition} lies behind the server: the server's operation time in its last answer minus
     *     {@code lastClusterTime}, both from the server's clock in whole seconds; while events of that answer are not handled, plus
     *     the time since it came. Empty before the first answer, and where the server tells no time. Says nothing about
     *     what happens while no answer comes: see {@code sinceProgress}
     */
    public record Progress(WatcherActivity activity, Optional<Duration> sinceProgress, Optional<Duration> behind) {}

    /** Copies the map. */
    public WatcherStats {
        events = Map.copyOf(events);
    }

    /** What the watcher is doing at the time of the snapshot. */
    public WatcherActivity activity() {
        return progress.activity();
    }

    /** How many events were handled in all. */
    public long totalEvents() {
        return events.values().stream().mapToLong(Long::longValue).sum();
    }
}
