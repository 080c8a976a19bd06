package io.changewatch;

/**
 * What to do about an event that the server cannot deliver, however often it is asked: one that is larger than 16 MB and cannot
 * be split, one that lacks an image that is {@code REQUIRED}, or one that exceeds {@link ChangeWatcherBuilder#maxEventBytes}.
 * What lies before it is handed out in either case.
 *
 * <p>Thread-safe.
 */
public enum UndeliverablePolicy {
    /**
     * The watcher fails with {@link UndeliverableEventException}, which names the document. Started again from its checkpoint, it
     * comes to the same event. The default.
     */
    FAIL,
    /**
     * Passes over exactly that event: it is logged at WARN, counted, and told to
     * {@link io.changewatch.observe.WatcherListener#eventUndeliverable}. Everything behind it is handed out.
     */
    SKIP
}
