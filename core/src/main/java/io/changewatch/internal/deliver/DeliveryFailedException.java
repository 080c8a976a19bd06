package io.changewatch.internal.deliver;

import io.changewatch.ChangeWatchException;

/** What keeps events from being handled and is no failure of the handler: neither tried again nor skipped, the watcher ends with {@link #reason()}. */
public final class DeliveryFailedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    private final RuntimeException reason;

    /** Wraps what the watcher is to end with. */
    public DeliveryFailedException(RuntimeException reason) {
        super("Events cannot be handled: " + reason.getMessage(), reason);
        this.reason = reason;
    }

    /** What the watcher is to end with. */
    public RuntimeException reason() {
        return reason;
    }
}
