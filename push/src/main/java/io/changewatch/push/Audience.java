package io.changewatch.push;

import io.changewatch.pipeline.ConditionIndex;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bson.BsonDocument;

/**
 * Clients that are offered the same events, each with its own filter.
 *
 * <p>Thread-safe.
 */
final class Audience<T> {
    private final Set<Connection<T>> clients = ConcurrentHashMap.newKeySet();
    private final Set<Connection<T>> unfiltered = ConcurrentHashMap.newKeySet();
    private final ConditionIndex<Connection<T>> filtered = new ConditionIndex<>();

    void add(Connection<T> client) {
        clients.add(client);
        client.request()
                .condition()
                .ifPresentOrElse(wanted -> filtered.add(wanted, client), () -> unfiltered.add(client));
    }

    void remove(Connection<T> client) {
        clients.remove(client);
        unfiltered.remove(client);
        filtered.remove(client);
    }

    Collection<Connection<T>> clients() {
        return clients;
    }

    boolean isEmpty() {
        return clients.isEmpty();
    }

    /**
     * Who wants an event.
     *
     * @param failed is given the clients whose filters cannot be evaluated, such as a regular expression that runs out of stack
     */
    List<Connection<T>> wanting(BsonDocument event, List<Connection<T>> failed) {
        List<Connection<T>> wanting = new ArrayList<>(unfiltered);
        try {
            wanting.addAll(filtered.matching(event));
        } catch (RuntimeException | Error e) { // of one condition; the others are asked one by one
            askEach(event, wanting, failed);
        }
        return wanting;
    }

    private void askEach(BsonDocument event, List<Connection<T>> wanting, List<Connection<T>> failed) {
        for (Connection<T> client : clients) {
            try {
                if (client.request()
                        .condition()
                        .filter(wanted -> wanted.matches(event))
                        .isPresent()) {
                    wanting.add(client);
                }
            } catch (RuntimeException | Error e) {
                failed.add(client);
            }
        }
    }
}
