package io.changewatch;

/**
 * What to do when the oplog no longer reaches back to the watcher's position.
 *
 * <p>Thread-safe.
 */
public enum HistoryLostPolicy implements HistoryLostDecision {
    /** The watcher fails with {@link HistoryLostException}. The default: nothing is lost without somebody's decision. */
    FAIL,
    /** The handlers receive a {@link io.changewatch.event.Gap}, then what changes from now on. */
    RESTART_FROM_NOW,
    /**
     * The handlers receive a {@link io.changewatch.event.Gap}, then every change that the oplog still holds: the smallest gap.
     * The watcher reads the oldest entry of {@code local.oplog.rs}, so its user needs the action {@code find} there; where
     * that is refused, or on a {@code mongos}, which has no oplog, it fails with {@link HistoryLostException}.
     */
    RESTART_FROM_OLDEST;

    /** This one, whatever was lost. */
    @Override
    public HistoryLostPolicy decide(HistoryLost lost) {
        return this;
    }
}
