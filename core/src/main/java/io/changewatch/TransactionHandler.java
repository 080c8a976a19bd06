package io.changewatch;

import io.changewatch.event.ChangeEvent;
import java.util.List;

/**
 * The application's code for a batch of events whose effects lie in MongoDB, and are committed together with the checkpoint.
 *
 * <p>Called as a {@link BatchHandler} is. It may be called again for the same batch, as a whole, after its transaction was aborted:
 * what it does to anything but MongoDB through {@link BatchTransaction#session()} is done again.
 *
 * <p>Only what is awaited is written: the driver does nothing for an operation that nobody subscribes to, and what is still under
 * way when the handler returns may miss the commit, without any error. Nor may the handler commit or abort the transaction.
 *
 * @param <E> the kind of events
 */
@FunctionalInterface
public interface TransactionHandler<E extends ChangeEvent<?>> {

    /**
     * Handles a batch, as {@link BatchHandler#handle} does. It must end within the time that the server gives a transaction
     * ({@code transactionLifetimeLimitSeconds}, 60 s by default), and must pass on what the driver throws: after that the
     * transaction is lost, and a handler that goes on is called again, as its commit fails.
     *
     * @param transaction what the effects have to be written in; not to be used later
     * @param events at least one; cannot be modified, and may be kept
     * @throws Exception if the batch was not handled: the transaction is aborted, and the batch comes again as a whole
     */
    void handle(BatchTransaction transaction, List<E> events) throws Exception;
}
