package io.changewatch.internal.source;

import io.changewatch.StartPosition;

/**
 * Opens a change stream. One contract test holds for every implementation.
 *
 * <p>Thread-safe.
 */
public interface ChangeSource extends AutoCloseable {

    /**
     * Opens the stream; returns when it is open on the server. Never retries.
     *
     * @throws com.mongodb.MongoException if the server or the driver refuses
     * @throws StalledStreamException if the server does not answer in time
     * @throws InterruptedException if the calling thread is interrupted
     */
    ChangeCursor open(StartPosition position) throws InterruptedException;

    /** Wakes an {@link #open} in progress, which then throws {@link CursorClosedException}, and refuses further ones; never blocks for long. */
    @Override
    void close();
}
