package io.changewatch.resume.file;

import static io.changewatch.resume.file.Checkpoints.number;
import static io.changewatch.resume.file.Checkpoints.numberOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.file.SimulatedDisk.Crash;
import io.changewatch.resume.file.SimulatedDisk.Unforced;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every prefix of the write sequence, every byte of the file included, on a disk that forgets what was not forced. */
final class CrashTest {

    private static final String WATCHER = "order-indexer";
    private static final int HISTORIES = 25;

    @TempDir
    private Path directory;

    @Test
    void writesForcesMovesAndForcesAgain() {
        SimulatedDisk disk = diskWith(2);
        disk.log().clear();

        save(disk, 3);

        assertThat(disk.log())
                .containsExactly(
                        "force directory",
                        "create order-indexer.tmp",
                        "write order-indexer.tmp",
                        "force order-indexer.tmp",
                        "move order-indexer.checkpoint order-indexer.previous",
                        "move order-indexer.tmp order-indexer.checkpoint",
                        "force directory");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void loadsTheOldOrTheNewAfterTheProcessIsKilledAtAnyStep(int saved) {
        for (int step : everyKindOfStep(stepsOfASave(saved))) {
            SimulatedDisk disk = diskWith(saved);
            boolean returned = saveUntilCrash(disk, saved + 1, step);
            disk.work();

            assertOldOrNew(load(disk), saved, returned);
            assertWorks(disk, saved + 2);
        }
    }

    @Test
    void loadsTheOldOrTheNewAfterEachByte() {
        int steps = stepsOfASave(1);
        for (int step = 0; step <= steps; step++) {
            SimulatedDisk disk = diskWith(1);
            boolean returned = saveUntilCrash(disk, 2, step);
            disk.work();

            assertOldOrNew(load(disk), 1, returned);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void loadsTheOldOrTheNewAfterThePowerFailsAtAnyStep(int saved) {
        for (Unforced content : Unforced.values()) {
            for (int step : everyKindOfStep(stepsOfASave(saved))) {
                cutPowerInEveryWay(saved, step, content);
            }
        }
    }

    /** Each change of a name that was not forced may be kept or lost by itself: all combinations are tried. */
    private void cutPowerInEveryWay(int saved, int step, Unforced content) {
        int combinations;
        int combination = 0;
        do {
            SimulatedDisk disk = diskWith(saved);
            boolean returned = saveUntilCrash(disk, saved + 1, step);
            combinations = 1 << disk.unforcedChanges();
            disk.cutPower(bitsOf(combination), content);

            assertOldOrNew(load(disk), saved, returned);
            assertWorks(disk, saved + 2);
        } while (++combination < combinations);
    }

    @Test
    void neverGoesBackOverManyCrashesInARow() {
        for (int seed = 0; seed < HISTORIES; seed++) {
            Random random = new Random(seed);
            SimulatedDisk disk = new SimulatedDisk();
            int acknowledged = 0;
            for (int attempt = 1; attempt <= 20; attempt++) {
                disk.crashAt(random.nextInt(500));
                acknowledged = saveAcknowledged(disk, attempt) ? attempt : acknowledged;
                if (random.nextBoolean()) {
                    disk.cutPower(bitsOf(random.nextInt()), random.nextBoolean() ? Unforced.HALF : Unforced.ZEROS);
                }
                disk.work();
                int loaded = load(disk).map(Checkpoints::numberOf).orElse(0);
                assertThat(loaded).as("seed " + seed).isBetween(acknowledged, attempt);
                acknowledged = loaded;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void losesNothingWhenAnyStepFails(int saved) {
        int steps = stepsOfASave(saved);
        for (int step : everyKindOfStep(steps - 1)) {
            SimulatedDisk disk = diskWith(saved);
            try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
                store.load(WATCHER);
                disk.failAt(step);
                assertThatThrownBy(() -> store.save(WATCHER, number(saved + 1)))
                        .isInstanceOf(StoreException.class)
                        .hasMessage(
                                "Cannot save the checkpoint of watcher 'order-indexer' to %s: IOException: No space left on"
                                        + " device. The one before it is kept. Check that there is room on the disk and that this"
                                        + " process may write there.",
                                directory.resolve("order-indexer.checkpoint"));
                assertOldOrNew(store.load(WATCHER), saved, false);
                store.save(WATCHER, number(saved + 1));
                assertThat(store.load(WATCHER)).contains(number(saved + 1));
            }
        }
    }

    @Test
    void leavesNoHalfFileOnAFullDisk() {
        SimulatedDisk disk = diskWith(1);
        try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
            store.load(WATCHER);
            disk.log().clear();
            disk.failAt(100);

            assertThatThrownBy(() -> store.save(WATCHER, number(2))).isInstanceOf(StoreException.class);
        }

        assertThat(disk.log())
                .containsExactly("create order-indexer.tmp", "write order-indexer.tmp", "delete order-indexer.tmp");
    }

    @Test
    void cleansUpWhatACrashLeft() {
        SimulatedDisk disk = diskWith(1);
        saveUntilCrash(disk, 2, 100);
        disk.work();
        disk.log().clear();

        load(disk);

        assertThat(disk.log()).containsExactly("delete order-indexer.tmp", "force directory");
    }

    @Test
    void forgetsForGoodOnceADeleteReturnedAndNeverGoesBackBefore() {
        for (int step = 0; step < 8; step++) {
            for (int combination = 0; combination < 4; combination++) {
                SimulatedDisk disk = diskWith(3);
                boolean returned = untilCrash(disk, step, store -> store.delete(WATCHER));
                disk.cutPower(bitsOf(combination), Unforced.EVERYTHING);

                Optional<Checkpoint> loaded = load(disk);

                assertThat(returned ? Optional.of(loaded) : Optional.<Optional<Checkpoint>>empty())
                        .isIn(Optional.empty(), Optional.of(Optional.empty()));
                assertThat(loaded).isIn(Optional.empty(), Optional.of(number(3)));
            }
        }
    }

    private SimulatedDisk diskWith(int saved) {
        SimulatedDisk disk = new SimulatedDisk();
        try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
            for (int i = 1; i <= saved; i++) {
                store.save(WATCHER, number(i));
            }
        }
        return disk;
    }

    private void save(SimulatedDisk disk, int number) {
        try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
            store.save(WATCHER, number(number));
        }
    }

    private Optional<Checkpoint> load(SimulatedDisk disk) {
        try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
            return store.load(WATCHER);
        }
    }

    private int stepsOfASave(int saved) {
        SimulatedDisk disk = diskWith(saved);
        try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
            store.load(WATCHER);
            int before = disk.steps();
            store.save(WATCHER, number(saved + 1));
            return disk.steps() - before;
        }
    }

    /** Whether the save returned; false if the process ended before. The steps are counted after the load. */
    private boolean saveUntilCrash(SimulatedDisk disk, int number, int step) {
        return untilCrash(disk, step, store -> store.save(WATCHER, number(number)));
    }

    private boolean untilCrash(SimulatedDisk disk, int step, Consumer<FileResumeTokenStore> task) {
        try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
            store.load(WATCHER);
            disk.crashAt(step);
            task.accept(store);
            return true;
        } catch (Crash crash) {
            return false;
        }
    }

    private boolean saveAcknowledged(SimulatedDisk disk, int number) {
        try (FileResumeTokenStore store = new FileResumeTokenStore(directory, disk)) {
            store.save(WATCHER, number(number));
            return true;
        } catch (Crash crash) {
            return false;
        }
    }

    /** The first, the last, and some of the bytes between, which are alike; {@link #loadsTheOldOrTheNewAfterEachByte} takes all. */
    private static List<Integer> everyKindOfStep(int last) {
        return IntStream.rangeClosed(0, last)
                .filter(step -> step < 3 || step > last - 8 || step % 97 == 0)
                .boxed()
                .toList();
    }

    private static IntPredicate bitsOf(int combination) {
        return index -> (combination >> index & 1) == 1;
    }

    private static void assertOldOrNew(Optional<Checkpoint> loaded, int saved, boolean returned) {
        int number = loaded.map(Checkpoints::numberOf).orElse(0);
        assertThat(number).isBetween(returned ? saved + 1 : saved, saved + 1);
        loaded.ifPresent(checkpoint -> assertThat(checkpoint).isEqualTo(number(numberOf(checkpoint))));
    }

    private void assertWorks(SimulatedDisk disk, int number) {
        save(disk, number);
        assertThat(load(disk)).contains(number(number));
    }
}
