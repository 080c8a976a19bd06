package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * A running watcher could not be moved to another position: the server does not have it any more, does not answer, or the store
 * does not go back. The watcher goes on where it was.
 *
 * <p>Thread-safe.
 */
public final class SeekFailedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the remedy, and the error that led to it. */
    public SeekFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
