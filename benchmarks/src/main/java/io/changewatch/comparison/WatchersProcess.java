package io.changewatch.comparison;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.benchmarks.Heap;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.Document;

/** The process of many watchers. Prints a line when it was idle and waits for events, and one with its figures as JSON. */
public final class WatchersProcess {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int OTHER_CONNECTIONS = 20;
    private static final int SETTLING_SECONDS = 5;

    private final Meter meter;
    private final CountDownLatch events;
    private final int expected;

    private WatchersProcess(Meter meter, int expected) {
        this.meter = meter;
        this.expected = expected;
        this.events = new CountDownLatch(expected);
    }

    /** Arguments: connection string, the id of the server's process, watchers, seconds to be idle, events to come. */
    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[2]);
        WatchersProcess process =
                new WatchersProcess(new Meter(Long.parseLong(arguments[1])), Integer.parseInt(arguments[4]));
        String connectionString = arguments[0] + "&maxPoolSize=" + (count + OTHER_CONNECTIONS);
        try (MongoClient client = MongoClients.create(connectionString)) {
            Document measured = process.run(client, count, Integer.parseInt(arguments[3]));
            System.out.println(Wire.line(measured));
        }
        System.exit(0);
    }

    static List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(number -> "orders-" + number).toList();
    }

    private Document run(MongoClient client, int count, int seconds) throws Exception {
        long begin = System.nanoTime();
        List<ChangeWatcher> watchers = start(client, count);
        Document measured = new Document("watchers", count)
                .append("startedNanos", System.nanoTime() - begin)
                .append("heapBytes", Heap.used())
                .append("threads", ManagementFactory.getThreadMXBean().getThreadCount());
        TimeUnit.SECONDS.sleep(SETTLING_SECONDS);
        Usage before = meter.atBeginning();
        TimeUnit.SECONDS.sleep(seconds);
        measured.append("idle", meter.atEnd().since(before).document());
        measured.append("busy", busy().document()).append("events", expected);
        measured.append("heapBytesAfter", Heap.used());
        watchers.parallelStream().forEach(ChangeWatcher::close);
        return measured;
    }

    private List<ChangeWatcher> start(MongoClient client, int count) throws Exception {
        MongoResumeTokenStore store = MongoResumeTokenStore.in(client.getDatabase("checkpoints"));
        List<ChangeWatcher> watchers = new ArrayList<>();
        for (String name : names(count)) {
            watchers.add(ChangeWatcher.of(client)
                    .collection(Task.DATABASE, name, Order.class)
                    .name(count + "-" + name)
                    .resumeFrom(store)
                    .onInsert(event -> events.countDown())
                    .start());
        }
        for (ChangeWatcher watcher : watchers) {
            watcher.awaitRunning(LIMIT);
        }
        return watchers;
    }

    private Usage busy() throws InterruptedException {
        System.out.println("ready");
        Usage before = meter.atBeginning();
        if (!events.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException(events.getCount() + " of " + expected + " events did not come in time.");
        }
        return meter.atEnd().since(before);
    }
}
