package io.changewatch.pipeline;

import java.util.Set;
import org.bson.BsonDocument;

/** A condition in an index, with what it leads to. Equal to itself only, so that no bucket hashes a caller's value. */
final class IndexedCondition<V> {

    private final Condition condition;
    private final V value;
    private final Set<EventKey> keys;

    IndexedCondition(Condition condition, V value, Set<EventKey> keys) {
        this.condition = condition;
        this.value = value;
        this.keys = keys;
    }

    boolean matches(BsonDocument rawEvent) {
        return condition.matches(rawEvent);
    }

    V value() {
        return value;
    }

    Set<EventKey> keys() {
        return keys;
    }
}
