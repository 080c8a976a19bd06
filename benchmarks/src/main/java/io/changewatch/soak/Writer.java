package io.changewatch.soak;

import com.mongodb.MongoException;
import com.mongodb.MongoWriteException;
import com.mongodb.ReadConcern;
import com.mongodb.WriteConcern;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServerException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bson.Document;

/**
 * Writes changes numbered from 1, one after the other, through every fault: each is repeated until a majority has it. So what
 * it has written is a sequence without a hole, whatever the servers answered. Most are inserts, every fifth is an update, every
 * twentieth two inserts in a transaction.
 *
 * <p>Thread-safe.
 */
final class Writer implements AutoCloseable {
    private static final int DUPLICATE_KEY = 11_000;
    private static final long PAUSE_MILLIS = 5;

    private final int number;
    private final MongoClient client;
    private final MongoCollection<Document> orders;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;
    private volatile int written;

    private Writer(int number, String connectionString) {
        this.number = number;
        // A frozen server does not answer: without a time-out the writer would wait for it instead of its successor.
        this.client = MongoClients.create(connectionString + "&socketTimeoutMS=3000&serverSelectionTimeoutMS=5000");
        this.orders = client.getDatabase(SoakWatcher.DATABASE)
                .getCollection(SoakWatcher.COLLECTION)
                .withWriteConcern(WriteConcern.MAJORITY)
                .withReadConcern(ReadConcern.MAJORITY);
        this.thread = new Thread(this::write, "writer-" + number);
    }

    static Writer start(int number, String connectionString) {
        Writer writer = new Writer(number, connectionString);
        writer.thread.start();
        return writer;
    }

    /** The number of the last change that a majority has. */
    int written() {
        return written;
    }

    void stop() throws InterruptedException {
        stop.countDown();
        thread.join();
    }

    private void write() {
        try {
            int next = 1; // the document that is updated later
            while (!stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                int count = next % 20 == 0 ? 2 : 1;
                if (write(next, count)) {
                    next += count;
                    written = next - 1;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean write(int n, int count) {
        try {
            if (count == 2) {
                return insertTwo(n);
            }
            return n % 5 == 0 ? update(n) : insert(n);
        } catch (MongoException | TestServerException | IllegalStateException e) {
            return false; // tried again
        }
    }

    private boolean insert(int n) {
        try {
            Publishers.await(orders.insertOne(order(n)));
            return true;
        } catch (MongoWriteException e) {
            return isThere(n, e);
        }
    }

    private Document order(int n) {
        Object id = n == 1 ? number : number + "-" + n;
        return new Document("_id", id).append("writer", number).append("n", n);
    }

    /** It may be on a server only that a majority will not follow. */
    private boolean isThere(int n, MongoWriteException error) {
        return error.getError().getCode() == DUPLICATE_KEY
                && !Publishers.await(orders.find(Filters.eq("_id", order(n).get("_id"))))
                        .isEmpty();
    }

    /** Changes nothing where it has been done before. */
    private boolean update(int n) {
        Publishers.await(
                orders.updateOne(Filters.and(Filters.eq("_id", number), Filters.lt("n", n)), Updates.set("n", n)));
        return Publishers.first(orders.find(Filters.eq("_id", number))).getInteger("n") == n;
    }

    private boolean insertTwo(int n) {
        if (!Publishers.await(orders.find(Filters.eq("_id", order(n).get("_id"))))
                .isEmpty()) {
            return true; // the answer to the commit was lost
        }
        try (ClientSession session = Publishers.first(client.startSession())) {
            session.startTransaction();
            Publishers.await(orders.insertOne(session, order(n)));
            Publishers.await(orders.insertOne(session, order(n + 1)));
            Publishers.await(session.commitTransaction());
            return true;
        }
    }

    @Override
    public void close() {
        stop.countDown();
        client.close();
    }
}
