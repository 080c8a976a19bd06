package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.WatcherState;
import io.changewatch.testkit.LocalReplicaSet;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One active of many: instances in processes of their own and in this one, on three servers, killed, frozen and closed. */
final class LeaseIT {
    private static final int MEMBERS = 3;
    private static final int ROUNDS = Integer.getInteger("changewatch.rounds", 10);
    private static final String RUNNING = "state RUNNING";

    private static LocalReplicaSet servers;

    private final String database = "lease_" + UUID.randomUUID().toString().substring(0, 8);
    private final List<List<String>> outputs = new ArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private SteadyWriter writer;
    private CheckpointTerms terms;

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.builder().members(MEMBERS).start();
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @BeforeEach
    void startWriting() {
        terms = new CheckpointTerms(servers.connectionString(), database);
    }

    @AfterEach
    void close() throws Exception {
        writer.close();
        for (AutoCloseable instance : opened) {
            instance.close();
        }
        terms.close();
        servers.awaitMembers(Duration.ofMinutes(1));
    }

    /** A process, which is active when this returns. */
    private WatcherProcess startFirst() {
        WatcherProcess first = startProcess();
        first.awaitLines(RUNNING, 1);
        writer = SteadyWriter.start(servers.connectionString(), database);
        first.awaitHandled(50);
        return first;
    }

    private WatcherProcess startProcess() {
        WatcherProcess process = WatcherProcess.start(LeasedProgram.class, servers.connectionString(), database);
        opened.add(process);
        return process;
    }

    /** An instance in this process. */
    private LeasedProgram startHere(List<String> output) {
        outputs.add(output);
        LeasedProgram program = new LeasedProgram(servers.connectionString(), database, output::add).start();
        opened.add(program);
        return program;
    }

    private static void awaitLine(List<String> output, String text) {
        eventually(() -> output.stream().anyMatch(line -> line.startsWith(text)));
    }

    private static long count(List<String> output, String text) {
        return output.stream().filter(line -> line.startsWith(text)).count();
    }

    /** Ends the writing, waits until everything is handled, and checks what was promised. */
    private Turns expectNothingLost() throws InterruptedException {
        int written = writer.stop();
        eventually(() -> Turns.of(outputs).handled().size() == written);
        Turns turns = Turns.of(outputs);
        turns.assertWithoutGaps();
        assertThat(turns.handled())
                .containsExactlyElementsOf(IntStream.range(0, written).boxed().toList());
        assertThat(terms.seen()).isSorted().doesNotHaveDuplicates();
        return turns;
    }

    @Test
    void anotherOneTakesOverWhenTheHolderIsKilled() throws InterruptedException {
        WatcherProcess first = startFirst();
        List<String> second = new CopyOnWriteArrayList<>();
        startHere(second);
        awaitLine(second, "standing by term 1");

        outputs.add(first.kill().lines());

        awaitLine(second, "acquired 2 after the time of ");
        assertThat(expectNothingLost().terms()).containsExactly(1L, 2L);
    }

    @Test
    void aClosedHolderHandsOverWithoutRepeats() throws InterruptedException {
        WatcherProcess first = startFirst();
        List<String> second = new CopyOnWriteArrayList<>();
        startHere(second);
        awaitLine(second, "standing by term 1");

        first.terminate();
        outputs.add(first.lines());

        awaitLine(second, "acquired 2 as it was free");
        awaitLine(second, "handled ");
        expectNothingLost();
        assertThat(count(first.lines(), "handled ") + count(second, "handled ")).isEqualTo(writer.written());
    }

    @Test
    void aFrozenHolderThatIsContinuedHandsOutAndSavesNothing() throws IOException, InterruptedException {
        WatcherProcess first = startFirst();
        List<String> second = new CopyOnWriteArrayList<>();
        startHere(second);
        awaitLine(second, "standing by term 1");

        first.freeze();
        awaitLine(second, "acquired 2 after the time of ");
        awaitLine(second, "saved in term 2");
        int handledBefore = first.handled().size();
        int savedBefore = first.linesWith("saved in term 1").size();
        first.thaw();
        first.awaitLines("lost 1", 1);
        first.awaitLines("standing by term 2", 1);

        outputs.add(first.kill().lines());
        expectNothingLost();
        assertThat(first.handled().size() - handledBefore)
                .as("no more than the one that was with its handler")
                .isLessThanOrEqualTo(1);
        assertThat(first.linesWith("saved in term 1"))
                .hasSizeLessThanOrEqualTo(savedBefore + 1); // the notice of one before
    }

    @Test
    void aFailoverTakesNothingFromNobody() throws InterruptedException {
        List<String> first = new CopyOnWriteArrayList<>();
        List<String> second = new CopyOnWriteArrayList<>();
        startHere(first);
        startHere(second);
        writer = SteadyWriter.start(servers.connectionString(), database);
        eventually(() -> Turns.of(outputs).handled().size() > 50);

        servers.stepDown();
        servers.awaitPrimary(Duration.ofMinutes(1));
        int afterStepDown = writer.written();
        eventually(() -> Turns.of(outputs).handled().contains(afterStepDown));
        int primary = servers.primary();
        servers.kill(primary);
        int afterKill = writer.written() + 20;
        eventually(() -> Turns.of(outputs).handled().contains(afterKill));
        servers.restart(primary);

        expectNothingLost();
    }

    /** Ten instances, of which four are processes; whoever is active is hit, in one way after the other. */
    @Test
    void tenInstancesLoseNothingWhateverHappensToThem() throws Exception {
        List<WatcherProcess> everyProcess = new ArrayList<>();
        List<LeasedProgram> here = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            everyProcess.add(startProcess());
        }
        for (int i = 0; i < 6; i++) {
            here.add(startHere(new CopyOnWriteArrayList<>()));
        }
        eventually(
                () -> active(here).isPresent() || active(everyProcess, RUNNING).isPresent());
        writer = SteadyWriter.start(servers.connectionString(), database);

        for (int round = 0; round < ROUNDS; round++) {
            Optional<WatcherProcess> process = active(everyProcess, RUNNING);
            if (process.isPresent() && round % 2 == 0) {
                process.get().kill();
                everyProcess.add(startProcess());
            } else if (process.isPresent()) {
                process.get().freeze();
                awaitHandled(everyProcess, writer.written()); // by another one, so that its time is over
                process.get().thaw();
            } else if (active(here).isPresent()) {
                LeasedProgram closed = active(here).get();
                closed.close();
                here.set(here.indexOf(closed), startHere(new CopyOnWriteArrayList<>()));
            }
            awaitHandled(everyProcess, writer.written());
        }

        awaitHandled(everyProcess, writer.stop() - 1);
        for (WatcherProcess process : everyProcess) {
            outputs.add(process.kill().lines());
        }
        assertThat(expectNothingLost().terms()).hasSizeGreaterThan(ROUNDS / 2);
    }

    private static Optional<LeasedProgram> active(List<LeasedProgram> instances) {
        return instances.stream()
                .filter(instance -> instance.watcher().state() == WatcherState.RUNNING)
                .findFirst();
    }

    private static Optional<WatcherProcess> active(List<WatcherProcess> processes, String state) {
        return processes.stream()
                .filter(WatcherProcess::isAlive)
                .filter(process -> {
                    List<String> states = process.linesWith("state ");
                    return !states.isEmpty() && states.get(states.size() - 1).equals(state);
                })
                .findFirst();
    }

    private void awaitHandled(List<WatcherProcess> processes, int number) {
        eventually(() -> handled(processes).contains(number));
    }

    private Set<Integer> handled(List<WatcherProcess> processes) {
        List<List<String>> all = new ArrayList<>(outputs);
        processes.forEach(process -> all.add(process.lines()));
        return Turns.of(all).handled();
    }
}
