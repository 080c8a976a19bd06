package io.changewatch.it;

import com.mongodb.MongoException;
import com.mongodb.MongoWriteException;
import com.mongodb.WriteConcern;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.testkit.Publishers;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.Document;

/**
 * Inserts documents numbered from 0, one after the other with majority write concern, through every fault: a write is
 * repeated until it is there. What it has written is thus a total order without a hole.
 *
 * <p>Thread-safe.
 */
final class SteadyWriter implements AutoCloseable {
    private static final int DUPLICATE_KEY = 11_000;
    static final int KEYS = 10;

    private final MongoClient client;
    private final MongoCollection<Document> collection;
    private final AtomicInteger written = new AtomicInteger();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::write, "writer");

    private SteadyWriter(String connectionString, String database) {
        // A frozen server does not answer: without a time-out the writer would wait for it instead of its successor.
        client = MongoClients.create(connectionString + "&socketTimeoutMS=3000");
        collection = client.getDatabase(database).getCollection("orders").withWriteConcern(WriteConcern.MAJORITY);
    }

    static SteadyWriter start(String connectionString, String database) {
        SteadyWriter writer = new SteadyWriter(connectionString, database);
        writer.thread.start();
        return writer;
    }

    /** How many documents are written. */
    int written() {
        return written.get();
    }

    /** Ends the writing; returns how many were written. */
    int stop() throws InterruptedException {
        stop.countDown();
        thread.join();
        return written();
    }

    private void write() {
        try {
            while (!stop.await(2, TimeUnit.MILLISECONDS)) {
                if (insert(written.get())) {
                    written.incrementAndGet();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean insert(int number) {
        try {
            Publishers.await(collection.insertOne(
                    new Document("_id", number).append("key", number % KEYS).append("seq", number / KEYS)));
            return true;
        } catch (MongoWriteException e) {
            return e.getError().getCode() == DUPLICATE_KEY;
        } catch (MongoException e) {
            return false; // tried again
        }
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
    }
}
