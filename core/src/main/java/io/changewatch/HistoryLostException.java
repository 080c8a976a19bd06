package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * The server's oplog no longer reaches back to the position of the watcher: events have been lost, unless another copy of them exists. See {@link ChangeWatcherBuilder#whenHistoryLost}.
 *
 * <p>Thread-safe.
 */
public final class HistoryLostException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the remedy, and the error that led to it. */
    public HistoryLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
