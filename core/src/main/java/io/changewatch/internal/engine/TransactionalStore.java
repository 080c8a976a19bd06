package io.changewatch.internal.engine;

import io.changewatch.internal.checkpoint.NamedStore;
import io.changewatch.internal.transaction.Transactions;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.TransactionalResumeTokenStore;
import java.util.List;
import java.util.Optional;

/**
 * The store of a watcher with transactions: loading takes the place over, in their session.
 *
 * <p>Thread-safe as far as the store is; loaded and released on the watcher's thread only.
 */
record TransactionalStore(TransactionalResumeTokenStore store, Transactions transactions) implements NamedStore {

    @Override
    public String name() {
        return store.getClass().getSimpleName();
    }

    @Override
    public void acquire(String watcher) {
        store.acquire(watcher);
    }

    @Override
    public Optional<Checkpoint> load(String watcher) {
        return transactions.takeOver();
    }

    @Override
    public Optional<Checkpoint> peek(String watcher) {
        return store.peek(watcher);
    }

    @Override
    public void save(String watcher, Checkpoint checkpoint) {
        store.save(watcher, checkpoint);
    }

    @Override
    public void reset(String watcher, Checkpoint checkpoint) {
        store.reset(watcher, checkpoint);
    }

    @Override
    public List<Checkpoint> history(String watcher) {
        return store.history(watcher);
    }

    @Override
    public void delete(String watcher) {
        store.delete(watcher);
    }

    @Override
    public void release(String watcher) {
        transactions.close();
        store.release(watcher);
    }
}
