package io.changewatch.testkit;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps checkpoints in memory, for tests: they end with the object, which is not what a watcher in production wants.
 *
 * <p>Thread-safe.
 */
public final class InMemoryResumeTokenStore implements ResumeTokenStore {

    private final Map<String, Checkpoint> checkpoints = new ConcurrentHashMap<>();
    private final Map<String, List<Checkpoint>> histories = new ConcurrentHashMap<>();
    private volatile boolean ignoring;

    /** An empty store. */
    public InMemoryResumeTokenStore() {}

    @Override
    public Optional<Checkpoint> load(String watcher) {
        return Optional.ofNullable(checkpoints.get(Objects.requireNonNull(watcher, "watcher")));
    }

    @Override
    public void save(String watcher, Checkpoint checkpoint) {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(checkpoint, "checkpoint");
        if (ignoring && checkpoints.containsKey(watcher)) {
            return;
        }
        checkpoints.merge(watcher, checkpoint, (held, offered) -> {
            if (offered.isOlderThan(held)) {
                throw StaleCheckpointException.refusing(watcher, "memory", offered, held);
            }
            return offered;
        });
        remember(watcher, checkpoint);
    }

    @Override
    public void reset(String watcher, Checkpoint checkpoint) {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(checkpoint, "checkpoint");
        checkpoints.merge(watcher, checkpoint, (held, offered) -> {
            if (offered.term() < held.term()) {
                throw StaleCheckpointException.refusing(watcher, "memory", offered, held);
            }
            return offered;
        });
        remember(watcher, checkpoint);
    }

    private void remember(String watcher, Checkpoint saved) {
        histories.merge(
                watcher,
                List.of(saved),
                (history, added) -> HistoryPolicy.standard().add(history, saved));
    }

    /** {@inheritDoc} Keeps what {@link HistoryPolicy#standard()} says. */
    @Override
    public List<Checkpoint> history(String watcher) {
        return histories.getOrDefault(Objects.requireNonNull(watcher, "watcher"), List.of());
    }

    @Override
    public void delete(String watcher) {
        checkpoints.remove(Objects.requireNonNull(watcher, "watcher"));
        histories.remove(watcher);
    }

    /**
     * From now on takes what is saved and does not keep it, as if the process had crashed before: a watcher that is started
     * again after that repeats what it had handled since. The very first position of a watcher is kept all the same: a watcher
     * hands out nothing before that is saved.
     */
    public void ignoreSaves() {
        ignoring = true;
    }

    /** Keeps again what is saved from now on. */
    public void keepSaves() {
        ignoring = false;
    }
}
