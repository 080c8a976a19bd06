package io.changewatch;

import java.time.Duration;

/**
 * A handler took longer than {@link ChangeWatcherBuilder#handlerTimeout} allows. It is the cause of what follows by {@link
 * ChangeWatcherBuilder#whenHandlerFails}: a retry, a skip, or a {@link HandlerFailedException}.
 *
 * <p>Thread-safe.
 */
public final class HandlerTimeoutException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    private final Duration timeout;

    /** An exception for a handler that was not done after {@code timeout}. */
    public HandlerTimeoutException(Duration timeout) {
        super(
                "The handler was not done after " + timeout.toMillis()
                        + " ms and was given up. Make it faster or end it sooner itself, or give it more time with handlerTimeout(...).");
        this.timeout = timeout;
    }

    /** How long it was allowed to take. */
    public Duration timeout() {
        return timeout;
    }
}
