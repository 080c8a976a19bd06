package io.changewatch.pipeline;

import java.util.List;
import java.util.function.Consumer;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/**
 * What an event may have and a condition may ask for: a value at a path.
 *
 * @param path the path, split at its dots
 * @param value a {@link ValueKey}
 */
record EventKey(List<String> path, Object value) {

    /** What every event has. It has no path. */
    static final EventKey OF_EVERY_EVENT = new EventKey(List.of(), "every event");

    static EventKey of(List<String> path, BsonValue value) {
        return new EventKey(path, ValueKey.of(value));
    }

    /** Offers the value of each key that the event has at the path, some perhaps more than once. */
    static void offerValues(List<String> path, BsonDocument event, Consumer<Object> receiver) {
        if (path.isEmpty()) {
            receiver.accept(OF_EVERY_EVENT.value);
            return;
        }
        new PathWalk(path, true, value -> acceptNone(receiver, ValueKey.of(value))).findsIn(event);
    }

    private static boolean acceptNone(Consumer<Object> receiver, Object value) {
        receiver.accept(value);
        return false;
    }

    /** How many events share the key, as far as the path tells: 0 unknown, 1 many, 2 all. */
    int commonness() {
        if (path.isEmpty()) {
            return 2;
        }
        return path.get(0).equals("operationType") || path.get(0).equals("ns") ? 1 : 0;
    }
}
