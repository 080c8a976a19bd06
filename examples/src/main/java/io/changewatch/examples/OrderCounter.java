package io.changewatch.examples;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.ChangeWatcher;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherStats;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** A part of an application that lives on a watcher: built, started, asked for its health, closed. Thread-safe. */
// @start region="service"
public final class OrderCounter implements AutoCloseable {
    private final AtomicLong orders = new AtomicLong();
    private final ChangeWatcher watcher;

    /** Checks the options; nothing runs yet. The client stays the application's. */
    public OrderCounter(MongoClient client, WatcherListener listener) {
        watcher = ChangeWatcher.of(client)
                .collection("shop", "orders", Order.class)
                .name("order-counter")
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase("shop")))
                .listener(listener)
                .onInsert(event -> orders.incrementAndGet())
                .closeWithin(Duration.ofSeconds(5))
                .build();
    }

    /** Returns when the stream is open. Where it is not within 30 s, the watcher goes on trying. */
    public void start() throws TimeoutException, InterruptedException {
        watcher.start().awaitRunning(Duration.ofSeconds(30));
    }

    /** For a health check: RECOVERING may pass by itself, FAILED does not. */
    public boolean isHealthy() {
        return watcher.state() == WatcherState.RUNNING;
    }

    /** For a status page. */
    public String status() {
        WatcherStats stats = watcher.stats();
        return "%s, %d orders, %d reconnects, %d not saved%s"
                .formatted(
                        stats.state(),
                        orders.get(),
                        stats.reconnects(),
                        stats.unsavedEvents(),
                        watcher.failure()
                                .map(cause -> ": " + cause.getMessage())
                                .orElse(""));
    }

    /** Finishes the order in hand, saves the position, ends the threads. */
    @Override
    public void close() {
        watcher.close();
    }
}
// @end
