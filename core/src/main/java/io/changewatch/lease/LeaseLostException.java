package io.changewatch.lease;

import io.changewatch.ChangeWatchException;
import org.jspecify.annotations.Nullable;

/**
 * A watcher has its lease no more: its time is over, or another instance has the place. It is the cause in notices, and never the end of
 * a watcher, which stands by and asks again.
 *
 * <p>Thread-safe.
 */
public final class LeaseLostException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    private final long higherTerm;

    /**
     * An exception with a message that names the watcher and what it does now, and the error that led to it.
     *
     * @param higherTerm see {@link #higherTerm()}
     */
    public LeaseLostException(String message, long higherTerm, @Nullable Throwable cause) {
        super(message, cause);
        this.higherTerm = higherTerm;
    }

    /** The term of the other instance, as the checkpoint shows it; 0 if this does not tell of one. */
    public long higherTerm() {
        return higherTerm;
    }
}
