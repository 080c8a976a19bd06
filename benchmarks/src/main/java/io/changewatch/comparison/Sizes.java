package io.changewatch.comparison;

import java.util.ArrayList;
import java.util.List;
import org.bson.Document;

/** How fast histories of documents of other sizes are read, and those of updates and of what a narrow filter lets pass. */
final class Sizes {
    private static final List<Contestant> CONTESTANTS =
            List.of(Contestant.SYNC_RAW, Contestant.SYNC_RECORD, Contestant.REACTIVE_RECORD, Contestant.CHANGEWATCH);
    private static final int ROUNDS = 3;
    private static final int MOST_EVENTS = 100_000;
    private static final int BYTES = 200 << 20;

    private final Arguments arguments;
    private final Table table;
    private final List<Document> raw = new ArrayList<>();

    private record Case(String name, Workload workload) {}

    private Sizes(Arguments arguments) {
        this.arguments = arguments;
        this.table = new Table(Throughput.heads("", Contestant.SYNC_RAW));
    }

    /** Arguments: rounds; percent of the events by default. */
    static void run(Arguments arguments) throws Exception {
        Sizes sizes = new Sizes(arguments);
        String machine = "";
        for (Case one : cases(arguments.number(1, 100))) {
            machine = sizes.measure(one);
        }
        Output output = new Output("sizes");
        output.raw(sizes.raw);
        output.result(machine + "\n\n" + sizes.table);
    }

    private static List<Case> cases(int percent) {
        int events = MOST_EVENTS * percent / 100;
        return List.of(
                new Case("inserts of 100 B", Workload.tinyInserts(events)),
                inserts("inserts of " + Order.bytes() + " B", Order.bytes(), events),
                inserts("inserts of 1 kB", 1_000, events),
                inserts("inserts of 10 kB", 10_000, events),
                inserts("inserts of 100 kB", 100_000, events),
                inserts("inserts of 1 MB", 1_000_000, events),
                new Case("updates", Workload.updates(events, false)),
                new Case("updates with lookup", Workload.updates(events / 5, true)),
                new Case("inserts, of which 10 % pass", Workload.filtered(2 * events, 100)),
                new Case("inserts, of which 0.1 % pass", Workload.filtered(2 * events, 1)));
    }

    private static Case inserts(String name, int bytes, int mostEvents) {
        int events = Math.min(mostEvents, BYTES / bytes);
        return new Case(name, Workload.inserts(events, Math.max(0, bytes - Order.bytes())));
    }

    private String measure(Case one) throws Exception {
        try (History history = History.start(one.workload())) {
            Console.progress("%s", one.name());
            String machine = Machine.describe(history);
            Task task = history.write(one.workload(), arguments);
            Rounds rounds = new Rounds(arguments.only(CONTESTANTS));
            rounds.run(
                    arguments.number(0, ROUNDS),
                    contestant -> Throughput.measure(contestant, task),
                    run -> Table.number(run.eventsPerSecond()) + " events/s");
            keep(one, rounds);
            return machine;
        }
    }

    private void keep(Case one, Rounds rounds) {
        for (Contestant contestant : rounds.contestants()) {
            table.row(Throughput.cells(one.name() + ": " + contestant, contestant, rounds));
        }
        for (Run run : rounds.runs()) {
            Document figures = new Document("case", one.name());
            figures.putAll(run.document());
            raw.add(figures);
        }
    }
}
