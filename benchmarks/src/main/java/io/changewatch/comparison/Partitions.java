package io.changewatch.comparison;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.StartPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.bson.RawBsonDocument;

/** What it costs the server that several watchers share one stream by partitions: each has the whole oplog read. */
final class Partitions {
    private static final List<Integer> COUNTS = List.of(1, 2, 4, 8);
    private static final int EVENTS = 100_000;
    private static final int ROUNDS = 3;
    private static final int SECONDS_AT_MOST = 600;
    private static final double SECOND = 1e9;

    private Partitions() {}

    /** Arguments: events, rounds. */
    static void run(Arguments arguments) throws Exception {
        Workload workload = Workload.inserts(arguments.number(0, EVENTS));
        int rounds = arguments.number(1, ROUNDS);
        Table table = new Table("partitions", "events/s (least to most)", "server CPU, s", "client CPU, s");
        try (History history = History.start(workload)) {
            String machine = Machine.describe(history);
            Task task = history.write(workload, arguments);
            pass(task, 1); // warms up
            for (int count : COUNTS) {
                table.row(row(task, count, rounds));
            }
            new Output("partitions")
                    .result("%s%n%n%,d inserts, shared by watchers in one process%n%n%s"
                            .formatted(machine, workload.writes(), table));
        }
    }

    private static String[] row(Task task, int count, int rounds) throws InterruptedException {
        List<Usage> passes = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            passes.add(pass(task, count));
        }
        double events = task.workload().events();
        return new String[] {
            count == 1 ? "none" : Integer.toString(count),
            Table.range(Range.of(
                    passes.stream().map(pass -> events * SECOND / pass.nanos()).toList())),
            Table.range(Range.of(
                    passes.stream().map(pass -> pass.serverCpuNanos() / SECOND).toList())),
            Table.range(Range.of(
                    passes.stream().map(pass -> pass.cpuNanos() / SECOND).toList()))
        };
    }

    /** From the start of all watchers until each event has come; more than that would show in the count. */
    private static Usage pass(Task task, int count) throws InterruptedException {
        Meter meter = new Meter(task.serverProcess());
        AtomicLong received = new AtomicLong();
        CountDownLatch all = new CountDownLatch(task.workload().events());
        try (MongoClient client = MongoClients.create(task.connectionString())) {
            List<ChangeWatcher> watchers = IntStream.range(0, count)
                    .mapToObj(index -> watcher(task, client, index, count, () -> {
                        received.incrementAndGet();
                        all.countDown();
                    }))
                    .toList();
            Usage before = meter.atBeginning();
            watchers.forEach(ChangeWatcher::start);
            boolean isComplete = all.await(SECONDS_AT_MOST, TimeUnit.SECONDS);
            Usage used = meter.atEnd().since(before);
            watchers.forEach(ChangeWatcher::close);
            if (!isComplete || received.get() != task.workload().events()) {
                throw new IllegalStateException("Of %d events, %d partitions received %d."
                        .formatted(task.workload().events(), count, received.get()));
            }
            return used;
        }
    }

    private static ChangeWatcher watcher(Task task, MongoClient client, int index, int count, Runnable received) {
        ChangeWatcherBuilder<RawBsonDocument> builder = ChangeWatcher.of(client)
                .collection(Task.DATABASE, Task.COLLECTION, RawBsonDocument.class)
                .name("orders-" + index + "-of-" + count)
                .startFrom(StartPosition.at(task.start()))
                .headroomThresholds()
                .onInsert(event -> received.run());
        return count == 1 ? builder.build() : builder.partition(index, count).build();
    }
}
