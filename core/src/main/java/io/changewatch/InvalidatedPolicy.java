package io.changewatch;

/**
 * What to do when the server ended the stream because the watched collection or database was dropped or renamed. The
 * handlers receive the drop or rename and the {@link io.changewatch.event.Invalidate} in either case.
 *
 * <p>Thread-safe.
 */
public enum InvalidatedPolicy {
    /** The stream is opened again after the invalidate, and sees the collection when it is created again. The default. */
    REOPEN,
    /** The watcher stops: its state becomes {@link WatcherState#STOPPED}. */
    STOP
}
