package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.Unchecked.unchecked;

import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Keeps letters of one watcher in memory, and counts the questions. Fails on request.
 *
 * <p>Thread-safe.
 */
class MemoryLetters implements DeadLetterStore {
    final StoreException broken = new StoreException("The letters are broken.", null);
    final AtomicInteger questions = new AtomicInteger();

    private final NavigableMap<String, DeadLetter> letters = new ConcurrentSkipListMap<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger failed = new AtomicInteger();
    private volatile boolean brokenDown;
    private volatile String reservedBy = "";

    /** The next call to park throws this. */
    MemoryLetters failsToPark(Throwable failure) {
        failures.add(failure);
        return this;
    }

    void breakDown() {
        brokenDown = true;
    }

    void mend() {
        brokenDown = false;
    }

    void awaitFailure() {
        awaitFailures(1);
    }

    /** Waits until so many calls have failed since {@link #breakDown}. */
    void awaitFailures(int count) {
        eventually(() -> failed.get() >= count);
    }

    int failures() {
        return failed.get();
    }

    List<DeadLetter> all() {
        return List.copyOf(letters.values());
    }

    /** The cluster times of the letters, in seconds. */
    List<Integer> times() {
        return all().stream().map(letter -> letter.clusterTime().getTime()).toList();
    }

    @Override
    public boolean park(DeadLetter letter) {
        throwIfBroken();
        Throwable failure = failures.poll();
        if (failure != null) {
            throw unchecked(failure);
        }
        return letters.putIfAbsent(letter.id(), letter) == null;
    }

    private void throwIfBroken() {
        if (brokenDown) {
            failed.incrementAndGet();
            throw broken;
        }
    }

    @Override
    public List<DeadLetter> list(String watcher, String after, int limit) {
        return letters.tailMap(after, false).values().stream().limit(limit).toList();
    }

    @Override
    public Optional<DeadLetter> find(String watcher, String id) {
        return Optional.ofNullable(letters.get(id));
    }

    @Override
    public Optional<String> oldestOf(String watcher, String key) {
        throwIfBroken();
        questions.incrementAndGet();
        return letters.values().stream()
                .filter(letter -> letter.key().equals(Optional.of(key)))
                .map(DeadLetter::id)
                .findFirst();
    }

    @Override
    public Set<String> keys(String watcher, int limit) {
        throwIfBroken();
        questions.incrementAndGet();
        return letters.values().stream()
                .flatMap(letter -> letter.key().stream())
                .distinct()
                .limit(limit)
                .collect(Collectors.toSet());
    }

    @Override
    public boolean replace(DeadLetter letter) {
        return letters.replace(letter.id(), letter) != null;
    }

    @Override
    public boolean remove(String watcher, String id) {
        return letters.remove(id) != null;
    }

    @Override
    public long count(String watcher) {
        return letters.size();
    }

    @Override
    public synchronized boolean reserve(String watcher, String holder, Duration time) {
        boolean isFree = reservedBy.isEmpty() || reservedBy.equals(holder);
        reservedBy = isFree ? holder : reservedBy;
        return isFree;
    }

    @Override
    public synchronized void release(String watcher, String holder) {
        if (Thread.currentThread().isInterrupted()) {
            throw broken;
        }
        reservedBy = reservedBy.equals(holder) ? "" : reservedBy;
    }
}
