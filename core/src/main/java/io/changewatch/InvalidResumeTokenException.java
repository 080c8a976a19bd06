package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * The server refused the resume token as malformed or as one that cannot be resumed from: the checkpoint was damaged or belongs to another stream.
 *
 * <p>Thread-safe.
 */
public final class InvalidResumeTokenException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the remedy, and the error that led to it. */
    public InvalidResumeTokenException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
