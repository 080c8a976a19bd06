package io.changewatch.comparison;

import java.util.List;

/** How long a stream takes to its first event when the oplog holds nothing but other collections' changes before that. */
final class Resume {
    private static final List<Contestant> CONTESTANTS =
            List.of(Contestant.SYNC_RAW, Contestant.CHANGEWATCH_NO_CHECKPOINTS, Contestant.CHANGEWATCH);
    private static final int ENTRIES = 1_000_000;
    private static final int ROUNDS = 3;

    private Resume() {}

    /** Arguments: entries, rounds. */
    static void run(Arguments arguments) throws Exception {
        Workload workload = Workload.foreign(arguments.number(0, ENTRIES));
        try (History history = History.start(workload)) {
            String machine = Machine.describe(history);
            Task task = history.write(workload, arguments);
            Rounds rounds = new Rounds(arguments.only(CONTESTANTS));
            rounds.run(
                    arguments.number(1, ROUNDS),
                    contestant -> Throughput.measure(contestant, task),
                    run -> Table.number(run.seconds()) + " s");
            Output output = new Output("resume");
            output.raw(rounds.runs().stream().map(Run::raw).toList());
            output.result("%s%n%nSeconds over %,d entries of another collection to the first event%n%n%s"
                    .formatted(machine, workload.writes(), table(rounds)));
        }
    }

    private static Table table(Rounds rounds) {
        Table table =
                new Table("", "seconds (least to most)", "ratio to " + rounds.base(), "client CPU, s", "server CPU, s");
        for (Contestant contestant : rounds.contestants()) {
            table.row(
                    contestant.toString(),
                    Table.range(rounds.of(contestant, Run::seconds)),
                    Table.range(rounds.ratios(contestant, Run::seconds)),
                    Table.number(rounds.of(contestant, Run::cpuMicrosPerEvent).median() / 1e6),
                    Table.number(
                            rounds.of(contestant, Run::serverCpuMicrosPerEvent).median() / 1e6));
        }
        return table;
    }
}
