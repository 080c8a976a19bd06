package io.changewatch.resume;

import org.jspecify.annotations.Nullable;

/**
 * A stored checkpoint is damaged, or was not written by ChangeWatch. It is not tried again, and never taken for absent: that would lose events.
 *
 * <p>Thread-safe.
 */
public final class CorruptCheckpointException extends StoreException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the store, the watcher and the remedy, and the error that led to it. */
    public CorruptCheckpointException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
