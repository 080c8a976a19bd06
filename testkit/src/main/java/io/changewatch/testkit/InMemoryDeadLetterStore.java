package io.changewatch.testkit;

import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Keeps letters in memory, for tests: they end with the object, which is not what a watcher in production wants.
 *
 * <p>Thread-safe.
 */
public final class InMemoryDeadLetterStore implements DeadLetterStore {

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, NavigableMap<String, DeadLetter>> letters = new HashMap<>();
    private final Map<String, Reservation> reservations = new HashMap<>();
    private volatile boolean failing;

    /** An empty store. */
    public InMemoryDeadLetterStore() {}

    private record Reservation(String holder, long untilNanos) {}

    /** From now on every call throws a {@link StoreException}, and keeps nothing. */
    public void breakDown() {
        failing = true;
    }

    /** Works again. */
    public void mend() {
        failing = false;
    }

    @Override
    public boolean park(DeadLetter letter) {
        Objects.requireNonNull(letter, "letter");
        return locked(() -> of(letter.watcher()).putIfAbsent(letter.id(), letter) == null);
    }

    @Override
    public List<DeadLetter> list(String watcher, String after, int limit) {
        Objects.requireNonNull(after, "after");
        return locked(() -> page(of(watcher).tailMap(after, false).values(), limit));
    }

    private static List<DeadLetter> page(Iterable<DeadLetter> behind, int limit) {
        List<DeadLetter> page = new ArrayList<>();
        long bytes = 0;
        for (DeadLetter letter : behind) {
            bytes += letter.event().getByteLength();
            if (page.size() == limit || (!page.isEmpty() && bytes > PAGE_BYTES)) {
                return page;
            }
            page.add(letter);
        }
        return page;
    }

    @Override
    public Optional<DeadLetter> find(String watcher, String id) {
        Objects.requireNonNull(id, "id");
        return locked(() -> Optional.ofNullable(of(watcher).get(id)));
    }

    @Override
    public Optional<String> oldestOf(String watcher, String key) {
        Objects.requireNonNull(key, "key");
        return locked(() -> of(watcher).values().stream()
                .filter(letter -> letter.key().equals(Optional.of(key)))
                .map(DeadLetter::id)
                .findFirst());
    }

    @Override
    public Set<String> keys(String watcher, int limit) {
        return locked(() -> of(watcher).values().stream()
                .flatMap(letter -> letter.key().stream())
                .distinct()
                .limit(limit)
                .collect(Collectors.toSet()));
    }

    @Override
    public boolean replace(DeadLetter letter) {
        Objects.requireNonNull(letter, "letter");
        return locked(() -> of(letter.watcher()).replace(letter.id(), letter) != null);
    }

    @Override
    public boolean remove(String watcher, String id) {
        Objects.requireNonNull(id, "id");
        return locked(() -> of(watcher).remove(id) != null);
    }

    @Override
    public long count(String watcher) {
        return locked(() -> (long) of(watcher).size());
    }

    @Override
    public boolean reserve(String watcher, String holder, Duration time) {
        Objects.requireNonNull(holder, "holder");
        long now = System.nanoTime();
        return locked(() -> {
            Reservation held = reservations.get(watcher);
            if (held != null && !held.holder().equals(holder) && held.untilNanos() - now > 0) {
                return false;
            }
            reservations.put(watcher, new Reservation(holder, now + time.toNanos()));
            return true;
        });
    }

    @Override
    public void release(String watcher, String holder) {
        Objects.requireNonNull(holder, "holder");
        locked(() -> reservations.computeIfPresent(
                        watcher, (name, held) -> held.holder().equals(holder) ? null : held)
                == null);
    }

    private NavigableMap<String, DeadLetter> of(String watcher) {
        return letters.computeIfAbsent(Objects.requireNonNull(watcher, "watcher"), name -> new TreeMap<>());
    }

    private <V> V locked(Supplier<V> call) {
        if (failing) {
            throw new StoreException("The letters' store is broken, as the test wants it.", null);
        }
        lock.lock();
        try {
            return call.get();
        } finally {
            lock.unlock();
        }
    }
}
