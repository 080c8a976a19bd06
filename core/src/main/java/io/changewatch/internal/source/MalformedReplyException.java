package io.changewatch.internal.source;

import io.changewatch.ChangeWatchException;

/** A reply of the server that is not what a change stream's cursor answers. Not worth a retry of the same bytes. */
public final class MalformedReplyException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception that says what was expected and at which byte it was missing. */
    public MalformedReplyException(String message) {
        super(message);
    }
}
