package io.changewatch.comparison;

import java.io.IOException;
import java.util.List;
import org.bson.Document;

/**
 * How fast each contestant reads a history, and what that costs.
 *
 * @param name of the command, and of its files
 * @param contestants the first one is the base
 */
record Throughput(String name, List<Contestant> contestants) {
    private static final int EVENTS = 100_000;

    static Throughput ofAll() {
        return new Throughput("throughput", List.of(Contestant.values()));
    }

    /** What checkpoints cost. */
    static Throughput ofCheckpoints() {
        return new Throughput(
                "checkpoints",
                List.of(
                        Contestant.CHANGEWATCH_NO_CHECKPOINTS,
                        Contestant.CHANGEWATCH_FREQUENT_CHECKPOINTS,
                        Contestant.CHANGEWATCH));
    }

    void run(Arguments arguments, int roundsByDefault) throws Exception {
        Workload workload = Workload.inserts(arguments.number(0, EVENTS));
        try (History history = History.start(workload)) {
            String machine = Machine.describe(history);
            Task task = history.write(workload, arguments);
            Rounds rounds = new Rounds(arguments.only(contestants));
            rounds.run(
                    arguments.number(1, roundsByDefault),
                    contestant -> measure(contestant, task),
                    run -> Table.number(run.eventsPerSecond()) + " events/s");
            report(rounds, task, machine);
        }
    }

    static Document measure(Contestant contestant, Task task) throws IOException, InterruptedException {
        return ChildJvm.start(ConsumerProcess.class, contestant.toString(), task.json())
                .result();
    }

    private void report(Rounds rounds, Task task, String machine) throws IOException {
        Output output = new Output(name);
        output.raw(rounds.runs().stream().map(Run::document).toList());
        output.chart(chart(rounds));
        output.result("%s%n%n%,d inserts, batch size of the drivers %s%n%n%s"
                .formatted(
                        machine,
                        task.workload().events(),
                        task.batchSize() == 0 ? "theirs" : task.batchSize(),
                        table(rounds)));
    }

    private static Table table(Rounds rounds) {
        Table table = new Table(heads("", rounds.base()));
        rounds.contestants().forEach(contestant -> table.row(cells(contestant.toString(), contestant, rounds)));
        return table;
    }

    /** Above {@link #cells}. */
    static String[] heads(String name, Contestant base) {
        return new String[] {
            name,
            "events/s, median (least to most)",
            "ratio to " + base,
            "ratio without the first tenth",
            "client CPU, µs/event",
            "allocated, bytes/event",
            "server CPU, µs/event",
            "passes"
        };
    }

    static String[] cells(String name, Contestant contestant, Rounds rounds) {
        return new String[] {
            name,
            Table.range(rounds.of(contestant, Run::eventsPerSecond)),
            Table.range(rounds.ratios(contestant, Run::eventsPerSecond)),
            steady(contestant, rounds),
            Table.number(rounds.of(contestant, Run::cpuMicrosPerEvent).median()),
            Table.number(rounds.of(contestant, Run::bytesPerEvent).median()),
            Table.number(rounds.of(contestant, Run::serverCpuMicrosPerEvent).median()),
            Integer.toString(rounds.passes(contestant))
        };
    }

    /** A tenth of fewer events is but a few batches, and their borders would decide. */
    private static String steady(Contestant contestant, Rounds rounds) {
        return rounds.runs().stream().allMatch(run -> run.eventsPerPass() >= EVENTS)
                ? Table.range(rounds.ratios(contestant, Run::steadyEventsPerSecond))
                : "-";
    }

    private static BarChart chart(Rounds rounds) {
        BarChart chart = new BarChart("Events per second: median, least to most");
        for (Contestant contestant : rounds.contestants()) {
            chart.bar(contestant.toString(), rounds.of(contestant, Run::eventsPerSecond));
        }
        return chart;
    }
}
