package io.changewatch.benchmarks;

import static io.changewatch.testkit.Publishers.await;

import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.Document;

/**
 * The collection that the feed watches; counts the orders up from 0.
 *
 * <p>Not thread-safe.
 */
final class Orders {
    /** The number of an order that no client counts. */
    static final int SIGNAL = -1;

    private static final int AT_ONCE = 1_000;
    private static final String NOTE = "to be left at the neighbour's on the second floor if nobody is at home";

    private final MongoCollection<Document> collection;
    private final int users;
    private int written;

    Orders(MongoDatabase shop, int users) {
        this.collection = shop.getCollection("orders");
        this.users = users;
    }

    /** Writes one that is nobody's. */
    void signal() {
        await(collection.insertOne(new Document("userId", "nobody").append("n", SIGNAL)));
    }

    void write(int count) {
        int end = written + count;
        while (written < end) {
            int batchEnd = Math.min(end, written + AT_ONCE);
            List<Document> batch =
                    IntStream.range(written, batchEnd).mapToObj(this::order).toList();
            await(collection.insertMany(batch));
            written = batchEnd;
        }
    }

    private Document order(int n) {
        return new Document("_id", n)
                .append("userId", Scenario.user(n % users))
                .append("n", n)
                .append("status", "paid")
                .append("note", NOTE);
    }

    int written() {
        return written;
    }
}
