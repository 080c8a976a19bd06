package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.Unchecked.unchecked;

import io.changewatch.event.ResumeToken;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StoreException;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Keeps checkpoints of one watcher in memory, and everything that was ever saved. Fails on request.
 *
 * <p>Thread-safe.
 */
final class MemoryStore implements ResumeTokenStore {
    final StoreException broken = new StoreException("The store is broken.", null);

    private final List<Checkpoint> saved = new CopyOnWriteArrayList<>();
    private final Queue<Throwable> loadFailures = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> saveFailures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch failedOnce = new CountDownLatch(1);
    private final Queue<Throwable> releaseFailures = new ConcurrentLinkedQueue<>();
    private final List<Checkpoint> resets = new CopyOnWriteArrayList<>();
    private volatile boolean brokenDown;
    private volatile boolean onlyForward;
    private volatile boolean released;
    private volatile int attempts;

    static MemoryStore empty() {
        return new MemoryStore();
    }

    static MemoryStore holding(Checkpoint checkpoint) {
        MemoryStore store = new MemoryStore();
        store.saved.add(checkpoint);
        return store;
    }

    /** The next load throws this. */
    MemoryStore failsToLoad(Throwable failure) {
        loadFailures.add(failure);
        return this;
    }

    /** The next save throws this. */
    MemoryStore failsToSave(Throwable failure) {
        saveFailures.add(failure);
        return this;
    }

    /** The release throws this. */
    MemoryStore failsToRelease(Throwable failure) {
        releaseFailures.add(failure);
        return this;
    }

    /** Every save fails until {@link #mend()}. */
    void breakDown() {
        brokenDown = true;
    }

    /** From now on it does not go back. */
    void refuseToGoBack() {
        onlyForward = true;
    }

    /** What was put in the place of something newer or older, in order. */
    List<ResumeToken> resets() {
        return resets.stream().map(Checkpoint::token).toList();
    }

    void mend() {
        brokenDown = false;
    }

    /** All that was saved, in order. */
    List<ResumeToken> tokens() {
        return saved.stream().map(Checkpoint::token).toList();
    }

    List<Checkpoint> saved() {
        return saved;
    }

    Optional<ResumeToken> token() {
        return last().map(Checkpoint::token);
    }

    Optional<Checkpoint> last() {
        return saved.isEmpty() ? Optional.empty() : Optional.of(saved.get(saved.size() - 1));
    }

    boolean isReleased() {
        return released;
    }

    int attempts() {
        return attempts;
    }

    void awaitSaved(ResumeToken token) {
        eventually(() -> token().equals(Optional.of(token)));
    }

    void awaitFailure() throws InterruptedException {
        if (!failedOnce.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError("No save has failed.");
        }
    }

    @Override
    public Optional<Checkpoint> load(String watcher) {
        throwNext(loadFailures);
        return last();
    }

    @Override
    public synchronized void save(String watcher, Checkpoint checkpoint) {
        attempts++;
        if (brokenDown) {
            failedOnce.countDown();
            throw broken;
        }
        throwNext(saveFailures);
        saved.add(checkpoint);
    }

    @Override
    public synchronized void reset(String watcher, Checkpoint checkpoint) {
        if (onlyForward) {
            throw new UnsupportedOperationException("It does not go back.");
        }
        save(watcher, checkpoint);
        resets.add(checkpoint);
    }

    private static void throwNext(Queue<Throwable> failures) {
        Throwable failure = failures.poll();
        if (failure != null) {
            throw unchecked(failure);
        }
    }

    @Override
    public void delete(String watcher) {
        saved.clear();
    }

    @Override
    public void release(String watcher) {
        released = true;
        throwNext(releaseFailures);
    }
}
