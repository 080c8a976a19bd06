package io.changewatch.internal.engine;

import io.changewatch.deadletter.DeadLetterStore;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which documents have letters, as far as that has to be known without asking the store.
 *
 * <p>The store is the truth. The memory holds the keys that may have letters: one that is not there has none, and its events
 * cost nothing; one that is there is asked about, and forgotten when its last letter is gone, whoever removed it.
 *
 * <pre>
 * partial     what is not in memory may have letters, too: every key is asked about, one round trip an event
 *    ↓ all keys of the store fit                ↑ one more key than fits
 * complete    what is not in memory has none
 * </pre>
 *
 * <p>It begins partial, and tries to become complete at the first event, then each 10 s with an event.
 *
 * <p>The race of a last letter that is removed against one that is parked: who asks the store and hears of none removes the key only
 * if nobody has noted it since, which each parking does after its letter is durable ({@code version}). The race of a last
 * letter that is re-driven against a new event needs nothing: the letter is removed after its handlers have returned, so either the event
 * finds it and is parked behind, where the re-drive comes to it or the next one does, or finds none when all before it is handled.
 *
 * <p>Thread-safe. No lock is held while the store is called.
 */
final class BlockedKeys {
    private static final Duration BETWEEN_LOADS = Duration.ofSeconds(10);

    private final String watcher;
    private final DeadLetterStore store;
    private final LetterStoreCalls calls;
    private final Surroundings surroundings;
    private final int limit;
    private final Map<String, Long> versions = new ConcurrentHashMap<>();
    private final AtomicLong version = new AtomicLong();
    private final AtomicBoolean loading = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    /** How many keys were not noted, as there was no room. Guarded by lock. */
    private long missed;

    private volatile boolean complete;
    private volatile boolean hasTried;
    private volatile long triedNanos;

    BlockedKeys(String watcher, DeadLetterStore store, LetterStoreCalls calls, Surroundings surroundings, int limit) {
        this.watcher = watcher;
        this.store = store;
        this.calls = calls;
        this.surroundings = surroundings;
        this.limit = limit;
    }

    /** Whether no document has a letter, as far as is known; then nobody needs to make a key. */
    boolean isNothingBlocked() throws InterruptedException {
        if (!complete) {
            loadIfDue();
        }
        return complete && versions.isEmpty();
    }

    /** Whether the document has a letter now. */
    boolean isBlocked(String key) throws InterruptedException {
        Long noted = versions.get(key);
        if (noted == null && complete) {
            return false;
        }
        boolean isBlocked = calls.call(
                "look for letters", () -> store.oldestOf(watcher, key).isPresent());
        if (!isBlocked && noted != null) {
            versions.remove(key, noted);
        }
        return isBlocked;
    }

    /** The document has a letter, which is durable. */
    void note(String key) {
        if (versions.size() < limit || versions.containsKey(key)) {
            versions.put(key, version.incrementAndGet());
            return;
        }
        lock.lock();
        try {
            missed++;
            complete = false;
        } finally {
            lock.unlock();
        }
    }

    private void loadIfDue() throws InterruptedException {
        long now = surroundings.getAsLong();
        boolean isDue = !hasTried || now - triedNanos >= BETWEEN_LOADS.toNanos();
        if (isDue && loading.compareAndSet(false, true)) {
            try {
                load();
                triedNanos = surroundings.getAsLong();
                hasTried = true;
            } finally {
                loading.set(false);
            }
        }
    }

    private void load() throws InterruptedException {
        long missedBefore = missed();
        Map<String, Long> before = Map.copyOf(versions);
        Set<String> keys = calls.call("list the documents with letters", () -> store.keys(watcher, limit));
        if (keys.size() >= limit) {
            return;
        }
        before.forEach((key, noted) -> {
            if (!keys.contains(key)) {
                versions.remove(key, noted);
            }
        });
        keys.forEach(key -> versions.putIfAbsent(key, version.incrementAndGet()));
        completeUnlessMissedSince(missedBefore);
    }

    private long missed() {
        lock.lock();
        try {
            return missed;
        } finally {
            lock.unlock();
        }
    }

    private void completeUnlessMissedSince(long before) {
        lock.lock();
        try {
            complete = missed == before;
        } finally {
            lock.unlock();
        }
    }
}
