package io.changewatch.examples.demo;

import com.mongodb.WriteConcern;
import com.mongodb.client.model.DeleteOneModel;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.InsertOneModel;
import com.mongodb.client.model.ReplaceOneModel;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.WriteModel;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.testkit.Publishers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bson.Document;

/**
 * Writes orders of several users at a steady rate and keeps account of every write.
 *
 * <p>Not thread-safe: one thread writes, and reads the account when it has ended.
 */
final class OrderWriter {
    private static final List<String> USERS = List.of("ann", "bob", "cleo", "dan", "eve");
    private static final List<String> STATUSES = List.of("paid", "packed", "shipped", "delivered");
    private static final int BATCH = 25;
    private static final int BATCHES_A_SECOND = 40;

    private final MongoCollection<Document> orders;
    private final SplittableRandom random = new SplittableRandom(20_261_123);
    private final Map<Long, Integer> versions = new LinkedHashMap<>();
    private final List<Change> written = new ArrayList<>();
    private final CountDownLatch never = new CountDownLatch(1);
    private long nextOrder = 1;

    OrderWriter(MongoCollection<Document> orders) {
        // Nothing fails over here; waiting for the journal after each of the many small commands would set the pace.
        this.orders = orders.withWriteConcern(WriteConcern.W1);
    }

    /** Writes for so many seconds, at 1,000 changes a second or what the server takes. */
    void writeFor(int seconds) throws InterruptedException {
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(seconds);
        for (long batch = 1; System.nanoTime() < end; batch++) {
            writeBatch();
            long due = begin + batch * TimeUnit.SECONDS.toNanos(1) / BATCHES_A_SECOND;
            pause(Math.min(due, end) - System.nanoTime());
        }
    }

    List<Change> written() {
        return written;
    }

    private void writeBatch() {
        List<WriteModel<Document>> writes = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            writes.add(next());
        }
        Publishers.await(orders.bulkWrite(writes));
    }

    private void pause(long nanos) throws InterruptedException {
        never.await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }

    private WriteModel<Document> next() {
        int kind = random.nextInt(10);
        if (kind < 4 || versions.size() < 10) {
            return insert();
        }
        long order = anyOrder();
        return kind < 8 ? update(order) : kind < 9 ? replace(order) : delete(order);
    }

    private long anyOrder() {
        List<Long> open = List.copyOf(versions.keySet());
        return open.get(random.nextInt(open.size()));
    }

    private WriteModel<Document> insert() {
        long order = nextOrder++;
        note("insert", order);
        return new InsertOneModel<>(document(order));
    }

    private WriteModel<Document> update(long order) {
        int version = note("update", order);
        return new UpdateOneModel<>(
                Filters.eq(order),
                Updates.combine(
                        Updates.set("status", status()),
                        Updates.set("version", version),
                        Updates.set("writtenAt", Journal.nowMicros())));
    }

    private WriteModel<Document> replace(long order) {
        note("replace", order);
        return new ReplaceOneModel<>(Filters.eq(order), document(order));
    }

    private WriteModel<Document> delete(long order) {
        versions.remove(order);
        written.add(new Change("delete", order, 0));
        return new DeleteOneModel<>(Filters.eq(order));
    }

    private int note(String operation, long order) {
        int version = versions.merge(order, 1, Integer::sum);
        written.add(new Change(operation, order, version));
        return version;
    }

    private Document document(long order) {
        return new Document("_id", order)
                .append("userId", USERS.get((int) (order % USERS.size())))
                .append("status", status())
                .append("version", versions.get(order))
                .append("writtenAt", Journal.nowMicros())
                .append("note", "a field the watcher's type does not know");
    }

    private String status() {
        return STATUSES.get(random.nextInt(STATUSES.size()));
    }
}
