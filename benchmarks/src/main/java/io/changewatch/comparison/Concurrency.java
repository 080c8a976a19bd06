package io.changewatch.comparison;

import com.mongodb.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.StartPosition;
import io.changewatch.event.Insert;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.bson.BsonTimestamp;
import org.bson.Document;

/** How a watcher whose handler waits gets faster with more handlers at once, and whether each key stays in order. */
final class Concurrency {
    private static final List<Integer> HANDLERS = List.of(1, 4, 16, 64, 128, 256);
    private static final int WARM_UP = 64;
    private static final int EVENTS = 40_000;
    private static final int EVENTS_EACH = 1_500;
    private static final int HANDLER_MILLIS = 2;
    private static final int KEYS = 1_000;
    private static final double SECOND = 1e9;

    private Concurrency() {}

    /** Arguments: events, of which fewer handlers get fewer; milliseconds that a handler waits. */
    static void run(Arguments arguments) throws Exception {
        int events = arguments.number(0, EVENTS);
        Duration wait = Duration.ofMillis(arguments.number(1, HANDLER_MILLIS));
        List<Document> all = new ArrayList<>();
        String machine;
        try (History history = History.start(Workload.inserts(events));
                MongoClient client = MongoClients.create(history.connectionString())) {
            machine = Machine.describe(history);
            BsonTimestamp start = write(history, events);
            Document unused = measure(client, start, WARM_UP, events, wait);
            for (int handlers : HANDLERS) {
                Document measured = measure(client, start, handlers, Math.min(events, handlers * EVENTS_EACH), wait);
                Console.progress("%s", measured.toJson());
                all.add(measured);
            }
        }
        Output output = new Output("concurrency");
        output.raw(all);
        output.result("%s%n%nHandlers that wait for %d ms, %,d keys%n%n%s"
                .formatted(machine, wait.toMillis(), KEYS, table(all)));
        if (all.stream().anyMatch(one -> one.getInteger("outOfOrder") > 0)) {
            throw new IllegalStateException("Events of one key came out of order.");
        }
    }

    private static BsonTimestamp write(History history, int events) {
        MongoCollection<Document> orders =
                history.client().getDatabase(Task.DATABASE).getCollection("keyed");
        BsonTimestamp before = history.now();
        for (int from = 0; from < events; from += KEYS) {
            orders.insertMany(IntStream.range(from, Math.min(events, from + KEYS))
                    .mapToObj(number -> new Document("_id", number)
                            .append("key", number % KEYS)
                            .append("seq", number / KEYS)
                            .append("note", "0".repeat(100)))
                    .toList());
        }
        return before;
    }

    private static Document measure(MongoClient client, BsonTimestamp start, int handlers, int events, Duration wait)
            throws InterruptedException {
        Receiver receiver = new Receiver(events, wait);
        try (ChangeWatcher watcher = ChangeWatcher.of(client)
                .collection(Task.DATABASE, "keyed", Document.class)
                .startFrom(StartPosition.at(start))
                .concurrency(handlers)
                .orderedBy(event -> ((Insert<Document>) event).document().getInteger("key"))
                .onInsert(receiver::receive)
                .headroomThresholds()
                .start()) {
            receiver.end.await();
            double seconds = (System.nanoTime() - receiver.begin) / SECOND;
            return new Document("handlers", handlers)
                    .append("events", events)
                    .append("eventsPerSecond", events / seconds)
                    .append("outOfOrder", receiver.outOfOrder.get())
                    .append("failed", watcher.failure().isPresent());
        }
    }

    /** Counts from the first event on. Thread-safe. */
    private static final class Receiver {
        private final AtomicInteger left;
        private final long waitNanos;
        private final AtomicIntegerArray next = new AtomicIntegerArray(KEYS);
        private final AtomicInteger outOfOrder = new AtomicInteger();
        private final AtomicInteger begun = new AtomicInteger();
        private final CountDownLatch end = new CountDownLatch(1);
        private volatile long begin;

        private Receiver(int events, Duration wait) {
            this.left = new AtomicInteger(events);
            this.waitNanos = wait.toNanos();
        }

        private void receive(Insert<Document> event) {
            if (begun.getAndIncrement() == 0) {
                begin = System.nanoTime();
            }
            int sequence = event.document().getInteger("seq");
            if (next.get(event.document().getInteger("key")) != sequence) {
                outOfOrder.incrementAndGet();
            }
            LockSupport.parkNanos(waitNanos);
            next.set(event.document().getInteger("key"), sequence + 1);
            if (left.decrementAndGet() == 0) {
                end.countDown();
            }
        }
    }

    private static Table table(List<Document> all) {
        double one = all.get(0).getDouble("eventsPerSecond");
        Table table = new Table("handlers at once", "events", "events/s", "ratio to 1", "out of order");
        all.forEach(measured -> table.row(
                measured.getInteger("handlers").toString(),
                measured.getInteger("events").toString(),
                Table.number(measured.getDouble("eventsPerSecond")),
                Table.number(measured.getDouble("eventsPerSecond") / one),
                measured.getInteger("outOfOrder").toString()));
        return table;
    }
}
