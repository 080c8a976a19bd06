package io.changewatch;

import com.mongodb.reactivestreams.client.ClientSession;
import java.util.List;
import org.reactivestreams.Publisher;

/**
 * A transaction of MongoDB that a {@link TransactionHandler} writes in. The library commits it when the handler has returned, with
 * the checkpoint in it, and aborts it when the handler throws.
 *
 * <p>Not thread-safe; for the thread and the time of one call only.
 */
public interface BatchTransaction {

    /**
     * The session to hand to each operation of the driver that belongs to the transaction. One operation at a time; it is neither to be
     * committed nor aborted nor closed, which the library does.
     */
    ClientSession session();

    /**
     * Subscribes to what the driver returned for an operation, waits until it is complete, and returns its elements. Blocks for a
     * minute at most. What the driver fails with is thrown as it is. An operation that is not awaited is not written: the driver
     * begins none before somebody subscribes.
     *
     * @throws InterruptedException if the watcher is closed and its deadline has passed
     */
    <R> List<R> await(Publisher<R> operation) throws InterruptedException;
}
