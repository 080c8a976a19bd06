package io.changewatch.internal.source;

/**
 * An open change stream.
 *
 * <p>{@link #next()} is called on the watcher's thread only; {@link #close()} from any.
 */
public interface ChangeCursor extends AutoCloseable {

    /**
     * Waits for the next batch, which is empty after the await time without an event. Before it returns, the batch after it
     * has been asked for. The first batch after {@link ChangeSource#open} may be empty and tells the position of the opening.
     *
     * @throws com.mongodb.MongoException if the server or the driver reports an error
     * @throws StalledStreamException if the server does not answer within the await time and its margin
     * @throws CursorClosedException if the cursor was closed meanwhile
     * @throws InterruptedException if the calling thread is interrupted
     */
    RawBatch next() throws InterruptedException;

    /** Whether the server closed the cursor with the last batch, as it does after an invalidate. */
    boolean isExhausted();

    /** Ends the cursor on the server and wakes {@link #next()}. Never waits on an answer that may not come. Idempotent. */
    @Override
    void close();
}
