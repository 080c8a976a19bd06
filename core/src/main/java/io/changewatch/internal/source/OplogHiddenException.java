package io.changewatch.internal.source;

import io.changewatch.ChangeWatchException;

/** This kind of server shows no oplog. */
public final class OplogHiddenException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception that says what hides it. */
    public OplogHiddenException(String message) {
        super(message);
    }
}
