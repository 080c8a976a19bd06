package io.changewatch.lease;

import io.changewatch.ChangeWatchException;
import org.jspecify.annotations.Nullable;

/**
 * A lease could not be asked for, renewed or given back now. The watcher tries again, as long as its time lasts.
 *
 * <p>Thread-safe.
 */
public class LeaseException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the lease, the watcher and the remedy, and the error that led to it. */
    public LeaseException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
