package io.changewatch.internal.source;

import io.changewatch.ChangeWatchException;

/** The cursor was closed by this side while somebody waited on it. */
public final class CursorClosedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception without a cause: closing is what was asked for. */
    public CursorClosedException() {
        super("The change stream was closed.");
    }
}
