package io.changewatch.resume;

import io.changewatch.ChangeWatchException;
import org.jspecify.annotations.Nullable;

/**
 * A resume token store could not be read or written. The watcher tries again by its policy for the store.
 *
 * <p>Thread-safe.
 */
public class StoreException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the store, the watcher and the remedy, and the error that led to it. */
    public StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
