package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * The stream could not be kept open: the error is not one to retry, or the retry policy gave up.
 *
 * <p>Thread-safe.
 */
public final class StreamFailedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the remedy, and the error that led to it. */
    public StreamFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
