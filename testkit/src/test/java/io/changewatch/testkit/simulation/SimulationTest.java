package io.changewatch.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ten thousand schedules of faults, crashes and threads; each seed is one, and always the same. */
final class SimulationTest {
    private static final int SEEDS = Integer.getInteger("changewatch.seeds", 10_000);
    /** No seed takes a second. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    @Test
    void keepsItsPromisesWhateverHappens() throws InterruptedException {
        Queue<AssertionError> violations = new ConcurrentLinkedQueue<>();
        AtomicInteger next = new AtomicInteger();
        List<Thread> workers = IntStream.range(0, Runtime.getRuntime().availableProcessors())
                .mapToObj(number -> new Thread(() -> work(next, violations), "simulation-" + number))
                .toList();
        for (Thread worker : workers) {
            worker.setDaemon(true);
            worker.start();
        }
        for (Thread worker : workers) {
            awaitEnd(worker, next);
        }

        assertThat(next).hasValueGreaterThanOrEqualTo(violations.isEmpty() ? SEEDS : 1);
        if (!violations.isEmpty()) {
            throw violations.remove();
        }
    }

    /** A thread of the engine's that waits for anything but the simulation's locks would keep its seed for ever. */
    private static void awaitEnd(Thread worker, AtomicInteger next) throws InterruptedException {
        int before = -1;
        while (worker.isAlive()) {
            assertThat(next)
                    .as("the seed that follows those that run: one of them does not come to an end")
                    .hasValueGreaterThan(before);
            before = next.get();
            worker.join(LONGEST.toMillis());
        }
    }

    private static void work(AtomicInteger next, Queue<AssertionError> violations) {
        Carriers carriers = new Carriers();
        for (int seed = next.getAndIncrement(); seed < SEEDS && violations.isEmpty(); seed = next.getAndIncrement()) {
            int failing = seed;
            Seeds.violation(seed, Mutation.NONE, carriers)
                    .ifPresent(violation -> violations.add(Seeds.told(failing, violation, carriers)));
        }
    }

    @Test
    void aSeedAlwaysHasTheSameHistory() {
        Carriers carriers = new Carriers();
        for (int seed = 0; seed < 50; seed++) {
            assertThat(Seeds.history(seed, Mutation.NONE, carriers))
                    .as("seed %d", seed)
                    .isEqualTo(Seeds.history(seed, Mutation.NONE, new Carriers()));
        }
    }

    /** What never happens is not tested. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "handler gets gap",
                "handler gets invalidate",
                "handler gets insert .*\\[1\\]",
                "handler gets .* beside 1",
                "handler gets .* beside 3",
                "handler gets .* and .* and ",
                "handler hangs",
                "the key fails",
                "handler fails",
                "skipped",
                "open at ",
                "open after .*!",
                "in \\d fragments",
                "batch of \\d+ up to .*#1",
                "error 136",
                "error 280",
                "error 286",
                "error 10334",
                "error 10107",
                "error 40324",
                "error 47 ",
                "error 7182500",
                "decided FAIL",
                "decided RESTART_FROM_NOW",
                "decided RESTART_FROM_OLDEST",
                "told of an undeliverable .*",
                "told of an undeliverable .*\\[\\d\\]",
                "the images so far expire",
                "probe after .*!",
                "loaded .*\\[\\d\\]",
                "loaded .*!",
                "simulated: taken over",
                "failed: IllegalStateException",
                "failed: HistoryLostException",
                "failed: HandlerFailedException",
                "failed: StaleCheckpointException",
                "failed: StoreLockedException",
                "failed: UndeliverableEventException",
                "failed: OversizeEventException",
                "the server was silent",
                "[1-9]\\d* entries rolled back",
                "store: simulated: refused",
                "store: simulated: written, and then broken",
                "the operator deletes the checkpoint",
                "CRASH in operator",
                "CRASH in helmsman",
                "is paused",
                "CRASH in changewatch-orders",
                "CRASH in changewatch-orders-worker-2",
                "CRASH in changewatch-orders-worker-batch",
                "CRASH in changewatch-orders-checkpoint",
                "state FAILED",
                "state STOPPED"
            })
    void meets(String happening) {
        Carriers carriers = new Carriers();
        Pattern line = Pattern.compile(happening);
        boolean met = IntStream.range(0, 1_000)
                .mapToObj(seed -> Seeds.history(seed, Mutation.NONE, carriers))
                .anyMatch(history -> history.stream().anyMatch(line.asPredicate()));

        assertThat(met).isTrue();
    }
}
