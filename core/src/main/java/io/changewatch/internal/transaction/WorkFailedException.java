package io.changewatch.internal.transaction;

/** The application's code failed; the transaction is aborted. The cause is what it threw. */
public final class WorkFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Exception thrown;

    WorkFailedException(Exception thrown) {
        super(thrown);
        this.thrown = thrown;
    }

    /** What the application's code threw. */
    public Exception thrown() {
        return thrown;
    }
}
