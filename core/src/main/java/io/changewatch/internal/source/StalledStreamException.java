package io.changewatch.internal.source;

import io.changewatch.ChangeWatchException;

/** The server did not answer in time; the connection may be half-open. Worth a retry on another connection. */
public final class StalledStreamException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception that says what was asked and how long was waited. */
    public StalledStreamException(String message) {
        super(message);
    }
}
