package io.changewatch.observe;

/**
 * What a watcher is doing at this moment: finer than its {@link io.changewatch.WatcherState}, and nothing that it
 * remembers. Where several fit, the first of this list is meant.
 *
 * <p>Thread-safe.
 */
public enum WatcherActivity {
    /** The state is none of {@code RUNNING}, {@code RECOVERING} and {@code PAUSED}: it has not begun, or it ends or has ended. */
    NOT_RUNNING,
    /** The state is {@code PAUSED}: somebody wants it so. */
    PAUSED,
    /**
     * Nothing gets through: the state is {@code RECOVERING}, or the server has left the watcher without an answer for more than
     * 2 s beyond {@code maxAwait}. Also while the server scans a long oplog before its first answer.
     */
    STALLED,
    /**
     * The application holds the watcher: one event has been handed out for more than 2 s. A handler is at it, its next attempt is
     * waited for, a subscriber has no demand, or the store takes no checkpoint.
     */
    HANDLER_BUSY,
    /**
     * There is more than the watcher has taken: the server's last answer was full, by {@code batchSize} or with 8 MB or more,
     * or the watcher is more than 15 s {@linkplain WatcherStats.Progress#behind() behind}, longer than an idle
     * server leaves its clock alone.
     */
    CATCHING_UP,
    /** Events flow as they happen: the server's last answer held events, and was not full. */
    LIVE,
    /** The server answers, and its last answer was empty: it has found nothing that matches within {@code maxAwait}. */
    IDLE
}
