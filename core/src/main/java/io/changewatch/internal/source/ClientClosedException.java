package io.changewatch.internal.source;

import io.changewatch.ChangeWatchException;

/** The {@code MongoClient} was closed under an open stream. It stays closed, so a retry is of no use. */
public final class ClientClosedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    /** An exception that keeps what the driver said. */
    public ClientClosedException(IllegalStateException cause) {
        super("The MongoClient is closed. Close the watcher before the client it uses.", cause);
    }
}
