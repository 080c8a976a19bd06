package io.changewatch.pipeline;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.bson.BsonDocument;

/**
 * Of many conditions, finds those that an event fulfils, without asking each one.
 *
 * <p>For a feed of one stream to many: each client has a condition, and an event must reach those whose it fulfils.
 *
 * <pre>{@code
 * ConditionIndex<Client> clients = new ConditionIndex<>();
 * clients.add(document("userId").eq("user123"), client);
 *
 * clients.matching(event.raw()).forEach(each -> each.send(event));
 * }</pre>
 *
 * <p>A condition that asks a field for a value ({@link FieldPath#eq eq}, {@link FieldPath#in in}), alone or with more joined
 * to it by and, is found by that value: an event costs a look-up for each field so asked, however many conditions there
 * are, and only what is found is evaluated. The same holds for conditions joined by or, if each of them asks for a value.
 * All others, such as ranges, regular expressions and what is negated, are evaluated for each event.
 *
 * <p>Thread-safe. An event is compared with every condition whose {@link #add} has returned before.
 *
 * @param <V> what a condition leads to, told apart by {@code equals}
 */
public final class ConditionIndex<V> {

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<V, IndexedCondition<V>> byValue = new HashMap<>();
    private final KeyBuckets<IndexedCondition<V>> byKey;
    private final KeyChoice keyChoice;

    /** An empty index. */
    public ConditionIndex() {
        this(new KeyBuckets<>());
    }

    ConditionIndex(KeyBuckets<IndexedCondition<V>> byKey) {
        this.byKey = byKey;
        this.keyChoice = new KeyChoice(byKey::count);
    }

    /**
     * Adds a condition, and the value it leads to.
     *
     * @throws IllegalArgumentException if the value is in the index already, or the condition is about an
     *     {@link Condition#element() element} outside of {@code elemMatch}
     */
    public void add(Condition condition, V value) {
        Objects.requireNonNull(condition, "condition");
        Objects.requireNonNull(value, "value");
        condition.toBson(); // What has no meaning is refused here, not at the first event.
        if (!addIfAbsent(condition, value)) {
            throw new IllegalArgumentException("The value " + value + " is in the index already, and a value has one"
                    + " condition. Remove it first, or join its conditions by or(..).");
        }
    }

    private boolean addIfAbsent(Condition condition, V value) {
        lock.lock();
        try {
            if (byValue.containsKey(value)) {
                return false;
            }
            IndexedCondition<V> added = new IndexedCondition<>(condition, value, keyChoice.of(condition.node()));
            byValue.put(value, added);
            byKey.add(added.keys(), added);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Removes a value with its condition; false if it was not there. */
    public boolean remove(V value) {
        Objects.requireNonNull(value, "value");
        lock.lock();
        try {
            IndexedCondition<V> removed = byValue.remove(value);
            if (removed != null) {
                byKey.remove(removed.keys(), removed);
            }
            return removed != null;
        } finally {
            lock.unlock();
        }
    }

    /** How many values there are. */
    public int size() {
        lock.lock();
        try {
            return byValue.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The values whose conditions the event, as the server sent it, fulfils: each once, in no particular order. A value that
     * is removed meanwhile may still be among them.
     */
    public List<V> matching(BsonDocument rawEvent) {
        Objects.requireNonNull(rawEvent, "rawEvent");
        return candidates(rawEvent).stream()
                .filter(candidate -> candidate.matches(rawEvent))
                .map(IndexedCondition::value)
                .toList();
    }

    /** Collected under the lock, evaluated outside of it. */
    private Collection<IndexedCondition<V>> candidates(BsonDocument rawEvent) {
        lock.lock();
        try {
            return byKey.of(rawEvent);
        } finally {
            lock.unlock();
        }
    }
}
