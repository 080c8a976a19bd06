package io.changewatch.internal.source;

/**
 * An open change stream.
 *
 * <p>Called on the watcher's thread only, except {@link #wake()}.
 */
public interface ChangeCursor extends AutoCloseable {

    /**
     * Waits for the next batch, which is empty after the await time without an event. Before it returns, the batch after it
     * has been asked for. A source that does not hear of the server that often returns {@link RawBatch#NOTHING_YET} after the
     * await time, which says nothing about the server. The first batch after {@link ChangeSource#open} may be empty and tells the position of the opening.
     *
     * @throws com.mongodb.MongoException if the server or the driver reports an error
     * @throws StalledStreamException if the server does not answer within the await time and its margin
     * @throws CursorClosedException if the cursor was closed meanwhile
     * @throws InterruptedException if the calling thread is interrupted
     */
    RawBatch next() throws InterruptedException;

    /** Whether the server closed the cursor with the last batch, as it does after an invalidate. */
    boolean isExhausted();

    /** Begins to end the cursor on the server, wakes {@link #next()} and returns at once. Called from any thread. Idempotent. */
    void wake();

    /** As {@link #wake()}, and waits a moment for the server's answer, so that the client may be closed next. Idempotent. */
    @Override
    void close();
}
