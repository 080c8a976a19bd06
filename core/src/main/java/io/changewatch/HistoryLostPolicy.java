package io.changewatch;

/**
 * What to do when the oplog no longer reaches back to the watcher's position.
 *
 * <p>Thread-safe.
 */
public enum HistoryLostPolicy {
    /** The watcher fails with {@link HistoryLostException}. The default: nothing is lost without somebody's decision. */
    FAIL,
    /** The handlers receive a {@link io.changewatch.event.Gap}, then what changes from now on. */
    RESTART_FROM_NOW
}
