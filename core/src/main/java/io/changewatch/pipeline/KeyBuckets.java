package io.changewatch.pipeline;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Entries by the keys an event has: for each path in use, one look-up for each value that the event has there.
 *
 * <p>Not thread-safe.
 */
final class KeyBuckets<E> {

    private final Map<List<String>, Map<Object, Set<E>>> byPath = new HashMap<>();

    void add(Collection<EventKey> keys, E entry) {
        for (EventKey key : keys) {
            byPath.computeIfAbsent(key.path(), path -> new HashMap<>())
                    .computeIfAbsent(key.value(), value -> new LinkedHashSet<>())
                    .add(entry);
        }
    }

    void remove(Collection<EventKey> keys, E entry) {
        for (EventKey key : keys) {
            byPath.computeIfPresent(key.path(), (path, byValue) -> {
                byValue.computeIfPresent(key.value(), (value, bucket) -> without(bucket, entry));
                return byValue.isEmpty() ? null : byValue;
            });
        }
    }

    private static <E> @Nullable Set<E> without(Set<E> bucket, E entry) {
        bucket.remove(entry);
        return bucket.isEmpty() ? null : bucket;
    }

    /** How many entries have the key. */
    int count(EventKey key) {
        return bucket(key.path(), key.value()).size();
    }

    /** Those that have a key of the event's. */
    Set<E> of(BsonDocument event) {
        Set<E> found = new LinkedHashSet<>();
        for (List<String> path : byPath.keySet()) {
            EventKey.offerValues(path, event, value -> found.addAll(bucket(path, value)));
        }
        return found;
    }

    private Set<E> bucket(List<String> path, Object value) {
        return byPath.getOrDefault(path, Map.of()).getOrDefault(value, Set.of());
    }

    boolean isEmpty() {
        return byPath.isEmpty();
    }
}
