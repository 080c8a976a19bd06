package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * A handler, the validation of a document or the function of {@code orderedBy(...)} failed and the policy was to stop. The failed event is not checkpointed: it comes again when the watcher is started again.
 *
 * <p>Thread-safe.
 */
public final class HandlerFailedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the remedy, and the error that led to it. */
    public HandlerFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
