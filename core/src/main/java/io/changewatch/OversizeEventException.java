package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * An event exceeds the server's limit of 16 MB and cannot be split into fragments.
 *
 * <p>Thread-safe.
 */
public final class OversizeEventException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the remedy, and the error that led to it. */
    public OversizeEventException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
