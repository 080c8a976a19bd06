package io.changewatch.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Where one contestant spends its CPU time, and what it allocates, by samples of the JVM's flight recorder. */
final class Profile {
    private static final int EVENTS = 100_000;
    private static final int FRAMES = 15;

    private Profile() {}

    /** Arguments: events; {@code --only} names one contestant, else it is the watcher with its checkpoints. */
    static void run(Arguments arguments) throws Exception {
        Workload workload = Workload.inserts(arguments.number(0, EVENTS));
        Contestant contestant = arguments.only().orElse(Contestant.CHANGEWATCH);
        Path file = Files.createTempFile("changewatch-profile", ".jfr");
        try (History history = History.start(workload)) {
            String machine = Machine.describe(history);
            Run run = record(contestant, history.write(workload, arguments), file);
            new Output("profile-" + contestant)
                    .result("%s%n%n%s, %,d inserts, %s µs of CPU and %s bytes an event while recording%n%n%s"
                            .formatted(
                                    machine,
                                    contestant,
                                    workload.events(),
                                    Table.number(run.cpuMicrosPerEvent()),
                                    Table.number(run.bytesPerEvent()),
                                    tables(Recording.read(file), FRAMES)));
        } finally {
            Files.delete(file);
        }
    }

    private static Run record(Contestant contestant, Task task, Path file) throws IOException, InterruptedException {
        List<String> recorder = List.of("-XX:StartFlightRecording:settings=profile,filename=" + file, "-Xlog:jfr*=off");
        ChildJvm child = ChildJvm.start(recorder, ConsumerProcess.class, contestant.toString(), task.json());
        return new Run(contestant, 1, Instant.now(), child.result());
    }

    private static String tables(Recording recording, int rows) {
        return "%s%n%n%s%n%n%s"
                .formatted(
                        table("thread", "CPU samples", recording.byThread(), rows),
                        table("method", "CPU samples", recording.byMethod(), rows),
                        table("allocated by", "bytes", recording.byAllocation(), rows));
    }

    private static Table table(String name, String share, Shares shares, int rows) {
        Table table = new Table(name, "share of %,d %s".formatted(shares.whole(), share));
        shares.largest(rows).forEach((what, part) -> table.row(what, Table.number(part * 100) + " %"));
        return table;
    }
}
