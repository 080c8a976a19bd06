package io.changewatch.internal.engine;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.Batching;
import io.changewatch.TransactionHandler;
import io.changewatch.event.ChangeEvent;
import io.changewatch.internal.deliver.BatchDeliverer;
import io.changewatch.internal.deliver.BatchDeliverer.Means;
import io.changewatch.internal.deliver.BatchDeliverer.Work;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.deliver.FailureHandling;
import io.changewatch.internal.transaction.Transactions;
import io.changewatch.resume.TransactionalResumeTokenStore;

/**
 * Makes the deliverer of a watcher whose batches are handled in transactions.
 *
 * <p>For one watcher.
 */
public final class TransactionalDeliverers<T> implements DelivererFactory<T> {
    private final Batching limits;
    private final TransactionHandler<ChangeEvent<T>> handler;
    private final WatcherSettings<T> settings;
    private final Transactions transactions;
    private final Means means;

    /** For a watcher of {@code settings}, whose store is {@code store}, and is reached through {@code client}. */
    public TransactionalDeliverers(
            Batching limits,
            TransactionHandler<ChangeEvent<T>> handler,
            WatcherSettings<T> settings,
            MongoClient client,
            TransactionalResumeTokenStore store,
            Means means) {
        this.limits = limits;
        this.handler = handler;
        this.means = means;
        this.transactions = new Transactions(settings.name(), client, store);
        this.settings = settings.storedIn(new TransactionalStore(store, transactions));
    }

    /** The settings that the watcher is to be made with. */
    public WatcherSettings<T> settings() {
        return settings;
    }

    @Override
    public Deliverer<T> deliverer(FailureHandling failures, Deliverer.Progress progress, Runnable stop) {
        throw new UnsupportedOperationException("Transactions need the watcher's checkpoints.");
    }

    @Override
    public Deliverer<T> deliverer(
            FailureHandling failures, Deliverer.Progress progress, Runnable stop, Committing committing) {
        TransactionalBatches<T> batches =
                new TransactionalBatches<>(handler, transactions, settings.checkpoints(), committing);
        return new BatchDeliverer<>(new Work<>(limits, batches, settings.handlers()), failures, progress, stop, means);
    }
}
