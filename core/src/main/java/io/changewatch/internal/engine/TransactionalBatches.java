package io.changewatch.internal.engine;

import io.changewatch.BatchHandler;
import io.changewatch.TransactionHandler;
import io.changewatch.event.ChangeEvent;
import io.changewatch.internal.checkpoint.CheckpointSettings;
import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.deliver.DeliveryFailedException;
import io.changewatch.internal.transaction.Transactions;
import io.changewatch.internal.transaction.Transactions.Retries;
import io.changewatch.internal.transaction.WorkFailedException;
import io.changewatch.observe.WatcherListener.CheckpointFailed;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles a batch and saves its checkpoint in one transaction.
 *
 * <p>Meanwhile the thread that saves is held, as its save and the transaction would meet in one document. Where the outcome of a
 * transaction is not known it stays held: a position that was saved then might lie before the one that is committed.
 *
 * <p>Called on the batch thread only.
 */
final class TransactionalBatches<T> implements BatchHandler<ChangeEvent<T>> {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionalBatches.class);

    private final TransactionHandler<ChangeEvent<T>> handler;
    private final Transactions transactions;
    private final CheckpointSettings settings;
    private final Committing committing;
    private final Checkpointer checkpointer;
    private final Surroundings surroundings;

    TransactionalBatches(
            TransactionHandler<ChangeEvent<T>> handler,
            Transactions transactions,
            CheckpointSettings settings,
            Committing committing) {
        this.handler = handler;
        this.transactions = transactions;
        this.settings = settings;
        this.committing = committing;
        this.checkpointer = committing.checkpointer();
        this.surroundings = committing.surroundings();
    }

    @Override
    public void handle(List<ChangeEvent<T>> events) throws Exception {
        ChangeEvent<T> last = events.get(events.size() - 1);
        Checkpoint checkpoint = checkpointer.checkpoint(new Position(last.resumeToken(), last.clusterTime()));
        long begin = surroundings.getAsLong();
        checkpointer.hold();
        try {
            transactions.run(
                    checkpoint, transaction -> handler.handle(transaction, events), retries(checkpoint, begin));
        } catch (WorkFailedException e) {
            checkpointer.unhold();
            throw e.thrown();
        } catch (RuntimeException e) {
            throw new DeliveryFailedException(e);
        }
        transactions.tellCommitted(checkpoint);
        checkpointer.committed(checkpoint, events.size(), Duration.ofNanos(surroundings.getAsLong() - begin));
    }

    private Retries retries(Checkpoint checkpoint, long begin) {
        return (failures, cause) -> {
            Duration elapsed = Duration.ofNanos(surroundings.getAsLong() - begin);
            Optional<Duration> delay = settings.retry().delayAfter(failures, elapsed, surroundings.random());
            if (delay.isPresent()) {
                tell(checkpoint, failures, delay.get(), cause);
                committing.pause().await(delay.get());
            }
            return delay.isPresent();
        };
    }

    private void tell(Checkpoint checkpoint, int failures, Duration delay, RuntimeException cause) {
        LOG.warn(
                "[{}] A transaction failed (attempt {}), trying again in {} ms: {}",
                settings.watcher(),
                failures,
                delay.toMillis(),
                FailureMessages.describe(cause));
        committing
                .listener()
                .checkpointFailed(new CheckpointFailed(settings.watcher(), checkpoint, failures, delay, cause));
    }
}
