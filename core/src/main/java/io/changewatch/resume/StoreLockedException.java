package io.changewatch.resume;

import org.jspecify.annotations.Nullable;

/**
 * Another process or watcher holds the place of this watcher in the store.
 *
 * <p>Thread-safe.
 */
public final class StoreLockedException extends StoreException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the store, the watcher and the remedy, and the error that led to it. */
    public StoreLockedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
