package io.changewatch.comparison;

import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bson.Document;

/** What many watchers in one process cost, each of a collection of its own, on one client, with checkpoints in MongoDB. */
final class Watchers {
    private static final List<Integer> COUNTS = List.of(1, 10, 100, 500);
    private static final int SECONDS = 10;
    private static final int PER_SECOND = 1_000;
    private static final double SECOND = 1e9;
    private static final double MEGABYTE = 1 << 20;

    private Watchers() {}

    /** Arguments: seconds for which they are idle, and then written to; events a second. */
    static void run(Arguments arguments) throws Exception {
        int seconds = arguments.number(0, SECONDS);
        int perSecond = arguments.number(1, PER_SECOND);
        List<Document> all = new ArrayList<>();
        String machine;
        try (History history = History.start(Workload.inserts(COUNTS.size() * seconds * perSecond))) {
            machine = Machine.describe(history);
            for (int count : COUNTS) {
                Document measured = measure(history, count, seconds, perSecond);
                Console.progress("%s", measured.toJson());
                all.add(measured);
            }
        }
        Output output = new Output("watchers");
        output.raw(all);
        output.result("%s%n%nIdle for %d s, and then while %,d inserts a second go to their collections in turn%n%n%s"
                .formatted(machine, seconds, perSecond, table(all)));
    }

    private static Document measure(History history, int count, int seconds, int perSecond)
            throws IOException, InterruptedException {
        MongoDatabase shop = history.client().getDatabase(Task.DATABASE);
        shop.drop();
        List<String> names = WatchersProcess.names(count);
        names.forEach(shop::createCollection);
        ChildJvm process = ChildJvm.start(
                WatchersProcess.class,
                history.connectionString(),
                Long.toString(history.serverProcess()),
                Integer.toString(count),
                Integer.toString(seconds),
                Integer.toString(seconds * perSecond));
        List<MongoCollection<Order>> collections = names.stream()
                .map(name -> shop.getCollection(name, Order.class))
                .toList();
        try (PacedWriter writer = new PacedWriter(collections)) {
            process.line(); // it was idle, and waits for events
            double written = writer.write(0, seconds * perSecond, perSecond);
            return process.result().append("writtenPerSecond", written);
        } finally {
            process.process().destroyForcibly();
        }
    }

    private static Table table(List<Document> all) {
        Table table = new Table(
                "watchers",
                "started, s",
                "threads",
                "heap, MB",
                "idle: CPU, % of a core",
                "server",
                "busy: CPU, % of a core",
                "server",
                "written/s",
                "received/s");
        all.forEach(one -> table.row(cells(one)));
        return table;
    }

    private static String[] cells(Document one) {
        Usage idle = Usage.read(one.get("idle", Document.class));
        Usage busy = Usage.read(one.get("busy", Document.class));
        return new String[] {
            one.getInteger("watchers").toString(),
            Table.number(one.getLong("startedNanos") / SECOND),
            one.getInteger("threads").toString(),
            Table.number(one.getLong("heapBytes") / MEGABYTE),
            percent(idle.cpuNanos(), idle),
            percent(idle.serverCpuNanos(), idle),
            percent(busy.cpuNanos(), busy),
            percent(busy.serverCpuNanos(), busy),
            Table.number(one.getDouble("writtenPerSecond")),
            Table.number(one.getInteger("events") * SECOND / busy.nanos())
        };
    }

    private static String percent(long cpuNanos, Usage of) {
        return Table.number(100.0 * cpuNanos / of.nanos());
    }
}
