package io.changewatch.it;

import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A store that parks and then fails, the first few times.
 *
 * <p>Thread-safe.
 */
record ForgetfulLetters(DeadLetterStore store, AtomicInteger failures) implements DeadLetterStore {

    ForgetfulLetters(DeadLetterStore store, int failures) {
        this(store, new AtomicInteger(failures));
    }

    @Override
    public boolean park(DeadLetter letter) {
        boolean isNew = store.park(letter);
        if (failures.getAndDecrement() > 0) {
            throw new StoreException("The answer is lost.", null);
        }
        return isNew;
    }

    @Override
    public List<DeadLetter> list(String watcher, String after, int limit) {
        return store.list(watcher, after, limit);
    }

    @Override
    public Optional<DeadLetter> find(String watcher, String id) {
        return store.find(watcher, id);
    }

    @Override
    public Optional<String> oldestOf(String watcher, String key) {
        return store.oldestOf(watcher, key);
    }

    @Override
    public Set<String> keys(String watcher, int limit) {
        return store.keys(watcher, limit);
    }

    @Override
    public boolean replace(DeadLetter letter) {
        return store.replace(letter);
    }

    @Override
    public boolean remove(String watcher, String id) {
        return store.remove(watcher, id);
    }

    @Override
    public long count(String watcher) {
        return store.count(watcher);
    }

    @Override
    public boolean reserve(String watcher, String holder, Duration time) {
        return store.reserve(watcher, holder, time);
    }

    @Override
    public void release(String watcher, String holder) {
        store.release(watcher, holder);
    }
}
