package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.it.WatcherProgram.INTERVAL;
import static io.changewatch.it.WatcherProgram.MAX_UNSAVED;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.it.WatcherProgram.Trouble;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults of the process that watches: killed, asked to end, frozen, out of memory; while a writer writes. */
class ProcessFaultsIT {
    /** What a JVM exits with that was ended by SIGTERM, its hooks done. */
    private static final int TERMINATED = 143;

    private static LocalReplicaSet servers;

    @TempDir
    private Path folder;

    private final String database = TestServer.newDatabaseName();
    private final List<WatcherProcess> lives = new ArrayList<>();
    private SteadyWriter writer;

    /** Where the position is kept. */
    enum Place {
        FILE,
        MONGO
    }

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    @AfterEach
    void endEverything() {
        lives.forEach(WatcherProcess::close);
        if (writer != null) {
            writer.close();
        }
    }

    private WatcherProcess begin(Place place, Trouble trouble) {
        String where = place == Place.MONGO ? "mongo" : folder.toString();
        WatcherProcess life = WatcherProcess.start(servers.connectionString(), database, where, trouble);
        lives.add(life);
        life.awaitLines("state RUNNING", 1);
        if (writer == null) {
            writer = SteadyWriter.start(servers.connectionString(), database);
        }
        return life;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("33: kill -9 between handling and checkpoint, twice in a row")
    void whatWasNotCheckpointedComesAgainInOneRun(Place place) throws InterruptedException {
        killInTheHandlerOf(place, 5 * INTERVAL - 7);
        killInTheHandlerOf(place, INTERVAL / 2);
        WatcherProcess last = begin(place, Trouble.NONE);
        last.awaitHandled(4 * INTERVAL);
        finish(last);

        expectNothingLostAndOneReplayEach();
        assertThat(replayed(1))
                .as("events handled and not saved at the first kill")
                .isPositive();
        assertThat(replayed(2))
                .as("events handled and not saved at the second kill")
                .isPositive();
    }

    private void killInTheHandlerOf(Place place, int events) throws InterruptedException {
        WatcherProcess life = begin(place, Trouble.hang(events));
        life.awaitHandled(events);
        life.kill();
        assertThat(life.handled()).hasSize(events);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("34: SIGTERM with a shutdown hook that closes the watcher")
    void nothingComesAgainAfterACleanEnd(Place place) throws InterruptedException {
        for (int i = 0; i < 2; i++) {
            WatcherProcess life = begin(place, Trouble.NONE);
            life.awaitHandled(INTERVAL + 20);
            assertThat(life.terminate()).isEqualTo(TERMINATED);
            assertThat(life.linesWith("closed true")).hasSize(1);
            assertThat(life.linesWith("state STOPPED")).hasSize(1);
        }
        WatcherProcess last = begin(place, Trouble.NONE);
        finish(last);

        assertThat(allHandled()).isEqualTo(Handled.upTo(writer.written()));
    }

    @Test
    @DisplayName("35: SIGSTOP of the watching process for longer than its watchdog allows, then SIGCONT")
    void goesOnAfterItWasFrozen() throws Exception {
        WatcherProcess life = begin(Place.FILE, Trouble.NONE);
        life.awaitHandled(INTERVAL);
        life.freeze();
        try {
            assertThat(new CountDownLatch(1).await(13, TimeUnit.SECONDS)).isFalse(); // the fault itself
        } finally {
            life.thaw();
        }
        int frozen = life.handled().size();
        life.awaitHandled(frozen + INTERVAL);
        finish(life);

        assertThat(life.handled()).isEqualTo(Handled.upTo(writer.written()));
    }

    @Test
    @DisplayName("36: a handler runs out of memory")
    void failsWhenAHandlerRunsOutOfMemoryAndPassesNoEventOfIt() throws InterruptedException {
        WatcherProcess life = begin(Place.FILE, Trouble.outOfMemory(3 * INTERVAL + 10));
        assertThat(life.awaitEnd()).isZero();
        assertThat(life.linesWith("state FAILED: java.lang.OutOfMemoryError")).hasSize(1);
        assertThat(life.linesWith("Exception in thread \"changewatch-process\" java.lang.OutOfMemoryError"))
                .as("it is thrown on, for those who watch over a JVM's threads")
                .hasSize(1);
        int failed = life.handled().get(life.handled().size() - 1);

        WatcherProcess next = begin(Place.FILE, Trouble.NONE);
        finish(next);

        assertThat(next.handled())
                .as("everything before the event was handled, and saved at the end")
                .startsWith(failed);
        expectNothingLostAndOneReplayEach();
    }

    @Test
    @DisplayName("43: the process that has the place is frozen while another one takes over")
    void endsWhenItWakesUpAndAnotherHasTakenOver() throws Exception {
        WatcherProcess older = begin(Place.MONGO, Trouble.NONE);
        older.awaitHandled(INTERVAL + 1);
        older.awaitLines("saved ", 2);
        older.freeze();
        WatcherProcess newer = begin(Place.MONGO, Trouble.NONE);
        newer.awaitHandled(4 * INTERVAL);
        newer.awaitLines("saved ", 2);
        older.thaw();

        assertThat(older.awaitEnd()).isZero();
        assertThat(older.linesWith("state FAILED: io.changewatch.resume.S")) // refused as older, or as taken over
                .as("lines of the older one: %s", older.linesWith("state"))
                .hasSize(1);
        int reached = newer.handled().size();
        newer.awaitHandled(reached + INTERVAL);
        finish(newer);
        expectNothingLostAndOneReplayEach();
        assertThat(positions(newer)).isSorted();
    }

    private static List<Long> positions(WatcherProcess life) {
        return life.linesWith("saved ").stream()
                .filter(line -> line.startsWith("saved "))
                .map(line -> Long.valueOf(line.substring("saved ".length())))
                .toList();
    }

    /** Stops the writer, and the process once it has handled everything. */
    private void finish(WatcherProcess life) throws InterruptedException {
        int written = writer.stop();
        eventually(() -> life.handled().contains(written - 1));
        assertThat(life.terminate()).isEqualTo(TERMINATED);
    }

    private List<Integer> allHandled() {
        return lives.stream().flatMap(life -> life.handled().stream()).toList();
    }

    /** Of each process the numbers are contiguous and begin no more than the bound before what was handled already. */
    private void expectNothingLostAndOneReplayEach() {
        assertThat(allHandled()).containsAll(Handled.upTo(writer.written()));
        for (int life = 0; life < lives.size(); life++) {
            List<Integer> numbers = lives.get(life).handled();
            int first = numbers.get(0);
            assertThat(numbers)
                    .as("what process %s handled", life)
                    .isEqualTo(IntStream.range(first, first + numbers.size())
                            .boxed()
                            .toList());
            assertThat(replayed(life))
                    .as("events that came again in process %s", life)
                    .isBetween(0, MAX_UNSAVED);
        }
    }

    /** How many of the first events of a process had been handled by those before it. */
    private int replayed(int life) {
        int next = lives.subList(0, life).stream()
                .map(before -> Collections.max(before.handled()) + 1)
                .max(Integer::compare)
                .orElse(0);
        return next - lives.get(life).handled().get(0);
    }
}
