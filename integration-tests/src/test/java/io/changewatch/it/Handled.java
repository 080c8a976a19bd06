package io.changewatch.it;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.Document;

/**
 * What a watcher of a {@link SteadyWriter}'s documents was handed, in order.
 *
 * <p>Thread-safe.
 */
final class Handled {
    private final List<Integer> numbers = new CopyOnWriteArrayList<>();
    private final List<ChangeEvent<Document>> others = new CopyOnWriteArrayList<>();

    void add(ChangeEvent<Document> event) {
        if (event instanceof Insert<Document> insert) {
            numbers.add(insert.document().getInteger("_id"));
        } else {
            others.add(event);
        }
    }

    int count() {
        return numbers.size();
    }

    /** The numbers in the order they were handed out, duplicates included. */
    List<Integer> numbers() {
        return List.copyOf(numbers);
    }

    List<ChangeEvent<Document>> others() {
        return List.copyOf(others);
    }

    static List<Integer> upTo(int count) {
        return IntStream.range(0, count).boxed().toList();
    }
}
