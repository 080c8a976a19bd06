package io.changewatch.it;

import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.WriteModel;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.BatchTransaction;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.testkit.Publishers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bson.Document;

/**
 * Counts the documents of a {@link SteadyWriter} by their key: what is lost, or comes twice, is seen in a number.
 *
 * <p>Thread-safe.
 */
final class Totals {
    private final MongoCollection<Document> collection;

    Totals(MongoClient client, String database) {
        collection = client.getDatabase(database).getCollection("totals");
    }

    /** The handler of a watcher. */
    void count(BatchTransaction transaction, List<ChangeEvent<Document>> events) throws InterruptedException {
        Map<Integer, Long> counts = events.stream()
                .filter(Insert.class::isInstance)
                .map(event -> ((Insert<Document>) event).document().getInteger("key"))
                .collect(Collectors.groupingBy(key -> key, TreeMap::new, Collectors.counting()));
        List<WriteModel<Document>> increments = counts.entrySet().stream()
                .<WriteModel<Document>>map(entry -> new UpdateOneModel<>(
                        new Document("_id", entry.getKey()),
                        new Document("$inc", new Document("count", entry.getValue())),
                        new UpdateOptions().upsert(true)))
                .toList();
        if (!increments.isEmpty()) {
            transaction.await(collection.bulkWrite(transaction.session(), increments));
        }
    }

    long sum() {
        return byKey().values().stream().mapToLong(count -> count).sum();
    }

    Map<Integer, Long> byKey() {
        return Publishers.await(collection.find()).stream()
                .collect(Collectors.toMap(
                        total -> total.getInteger("_id"),
                        total -> total.get("count", Number.class).longValue()));
    }

    /** What is to be there when so many documents are counted once. */
    static Map<Integer, Long> of(int written, int keys) {
        Map<Integer, Long> expected = new TreeMap<>();
        for (int number = 0; number < written; number++) {
            expected.merge(number % keys, 1L, Long::sum);
        }
        return expected;
    }
}
