package io.changewatch;

import org.jspecify.annotations.Nullable;

/**
 * Something has to be changed before this watcher can work: an option, the pipeline, a privilege or the server's set-up. Thrown by {@code build()}, {@code start()} and as the failure of a watcher; trying again without a change fails again.
 *
 * <p>Thread-safe.
 */
public final class ConfigurationException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that names the remedy, and the error that led to it. */
    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
