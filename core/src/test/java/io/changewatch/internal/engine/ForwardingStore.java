package io.changewatch.internal.engine;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;
import java.util.Optional;

/** Another store, for a test that changes one thing about it. */
class ForwardingStore implements ResumeTokenStore {
    private final ResumeTokenStore store;

    ForwardingStore(ResumeTokenStore store) {
        this.store = store;
    }

    @Override
    public void acquire(String watcher) {
        store.acquire(watcher);
    }

    @Override
    public Optional<Checkpoint> load(String watcher) {
        return store.load(watcher);
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
    public void delete(String watcher) {
        store.delete(watcher);
    }

    @Override
    public void release(String watcher) {
        store.release(watcher);
    }
}
