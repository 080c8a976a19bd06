package io.changewatch.comparison;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.bson.Document;

/**
 * How long an order takes from right before its insert to the handler, while orders are written at an even pace.
 *
 * <p>The writer is this process, each contestant one of its own. The time includes that of the write until a majority has it.
 *
 * @param history where it happens
 * @param perSecond how many orders are written
 * @param seconds for how long
 */
record Latency(History history, int perSecond, int seconds) {
    private static final List<Contestant> CONTESTANTS =
            List.of(Contestant.SYNC_RAW, Contestant.SYNC_RECORD, Contestant.REACTIVE_RECORD, Contestant.CHANGEWATCH);
    private static final int RATE = 1_000;
    private static final int SECONDS = 30;
    private static final int ROUNDS = 3;
    /** So that the JVM is warm at lower rates, too. */
    private static final int LEAST_RATE_OF_WARM_UP = 5_000;

    private static final int PAUSE_SECONDS = 3;
    private static final int PATIENCE_SECONDS = 60;
    private static final double MEGABYTE = 1 << 20;

    static void run(Arguments arguments) throws Exception {
        int perSecond = arguments.number(0, RATE);
        int seconds = arguments.number(1, SECONDS);
        Rounds rounds = new Rounds(arguments.only(CONTESTANTS));
        int perRound = perSecond * seconds + LEAST_RATE_OF_WARM_UP * arguments.warmUpSeconds();
        try (History history = History.start(Workload.inserts(perRound))) {
            String machine = Machine.describe(history);
            Latency latency = new Latency(history, perSecond, seconds);
            rounds.run(
                    arguments.number(2, ROUNDS),
                    contestant -> latency.measure(contestant, arguments),
                    run -> "%,.0f µs p50, %,.0f µs p99"
                            .formatted(
                                    figure("p50").applyAsDouble(run),
                                    figure("p99").applyAsDouble(run)));
            latency.report(rounds, machine);
        }
    }

    private static ToDoubleFunction<Run> figure(String name) {
        return run -> run.figure(name);
    }

    private Document measure(Contestant contestant, Arguments arguments) throws IOException, InterruptedException {
        Task task = history.write(Workload.inserts(0), arguments);
        int fast = Math.max(perSecond, LEAST_RATE_OF_WARM_UP);
        int warmUp = fast * arguments.warmUpSeconds();
        int all = warmUp + perSecond * seconds;
        ChildJvm process = ChildJvm.start(
                LatencyProcess.class,
                contestant.toString(),
                task.json(),
                Integer.toString(warmUp),
                Integer.toString(all),
                Integer.toString(seconds + arguments.warmUpSeconds() + PATIENCE_SECONDS));
        try (PacedWriter writer = new PacedWriter(
                List.of(history.client().getDatabase(Task.DATABASE).getCollection(Task.COLLECTION, Order.class)))) {
            writer.write(0, warmUp, fast);
            TimeUnit.SECONDS.sleep(PAUSE_SECONDS);
            double managed = writer.write(warmUp, all, perSecond);
            return process.result().append("writtenPerSecond", managed);
        } finally {
            process.process().destroyForcibly();
        }
    }

    private void report(Rounds rounds, String machine) throws IOException {
        Output output = new Output("latency-" + perSecond);
        output.raw(rounds.runs().stream().map(Run::raw).toList());
        output.chart(chart(rounds));
        output.result("%s%n%n%,d orders a second for %d s; µs from before the write to the handler%n%n%s"
                .formatted(machine, perSecond, seconds, table(rounds)));
    }

    private static Table table(Rounds rounds) {
        Table table = new Table(
                "",
                "p50 (least to most)",
                "p99 (least to most)",
                "p99.9",
                "max",
                "mean",
                "p50, ratio to " + rounds.base(),
                "p99, ratio",
                "heap, MB, beginning",
                "end",
                "collections",
                "written/s");
        rounds.contestants().forEach(contestant -> table.row(cells(rounds, contestant)));
        return table;
    }

    private static String[] cells(Rounds rounds, Contestant contestant) {
        return new String[] {
            contestant.toString(),
            Table.range(rounds.of(contestant, figure("p50"))),
            Table.range(rounds.of(contestant, figure("p99"))),
            median(rounds, contestant, "p99_9", 1),
            median(rounds, contestant, "max", 1),
            median(rounds, contestant, "mean", 1),
            Table.range(rounds.ratios(contestant, figure("p50"))),
            Table.range(rounds.ratios(contestant, figure("p99"))),
            median(rounds, contestant, "heapAtBeginning", MEGABYTE),
            median(rounds, contestant, "heapAtEnd", MEGABYTE),
            median(rounds, contestant, "collections", 1),
            median(rounds, contestant, "writtenPerSecond", 1)
        };
    }

    private static String median(Rounds rounds, Contestant contestant, String figure, double unit) {
        return Table.number(rounds.of(contestant, figure(figure)).median() / unit);
    }

    private static BarChart chart(Rounds rounds) {
        BarChart chart = new BarChart("Latency in µs, p99: median, least to most");
        for (Contestant contestant : rounds.contestants()) {
            chart.bar(contestant.toString(), rounds.of(contestant, figure("p99")));
        }
        return chart;
    }
}
