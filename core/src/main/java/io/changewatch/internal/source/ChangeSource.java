package io.changewatch.internal.source;

import io.changewatch.StartPosition;
import org.bson.BsonTimestamp;

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

    /**
     * Asks which cluster this is, and for its time. Never retries.
     *
     * @throws com.mongodb.MongoException if the server or the driver refuses
     * @throws StalledStreamException if the server does not answer in time
     * @throws InterruptedException if the calling thread is interrupted
     */
    ClusterFacts facts() throws InterruptedException;

    /**
     * Asks for the cluster time of the oldest entry that the oplog holds. Never retries.
     *
     * @throws com.mongodb.MongoException if the server or the driver refuses, error 13 for want of the privilege
     * @throws StalledStreamException if the server does not answer in time
     * @throws InterruptedException if the calling thread is interrupted
     */
    BsonTimestamp oldestEntry() throws InterruptedException;

    /** Wakes whoever waits for a server here, who then throws {@link CursorClosedException}, and refuses further calls; never blocks for long. */
    @Override
    void close();
}
