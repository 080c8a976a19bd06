package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything ChangeWatch throws. Its subtypes stand for things a caller can do differently.
 *
 * <p>Thread-safe.
 */
public class ChangeWatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that says what failed, with which values, and what to do. */
    public ChangeWatchException(String message) {
        super(message);
    }

    /** The same with the error that led to it. */
    public ChangeWatchException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
