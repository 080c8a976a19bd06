package io.changewatch.resume.file;

import static io.changewatch.resume.file.Checkpoints.number;
import static io.changewatch.resume.file.Checkpoints.numberOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.resume.StoreLockedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One writer a watcher, in one process and across processes; and what a killed one leaves. */
final class WatcherLockTest {

    private static final String WATCHER = "order-indexer";
    private static final String REMEDY =
            ". Stop the other watcher of this name, or give this one another name or directory.";

    @TempDir
    private Path directory;

    @Test
    void refusesASecondStoreInThisProcessUntilTheFirstReleases() throws IOException {
        try (FileResumeTokenStore first = FileResumeTokenStore.in(directory);
                FileResumeTokenStore second = FileResumeTokenStore.in(
                        directory.resolve(".").resolve("..").resolve(directory.getFileName()))) {
            first.save(WATCHER, number(1));

            assertRefused(second, "another store of this process");

            first.release(WATCHER);
            assertThat(second.load(WATCHER)).contains(number(1));
            assertRefused(first, "another store of this process");
        }
    }

    @Test
    void refusesADeleteByASecondStoreAndFreesTheLockAfterItsOwn() {
        try (FileResumeTokenStore first = FileResumeTokenStore.in(directory);
                FileResumeTokenStore second = FileResumeTokenStore.in(directory)) {
            first.save(WATCHER, number(1));
            assertThatThrownBy(() -> second.delete(WATCHER)).isInstanceOf(StoreLockedException.class);
            first.release(WATCHER);

            second.delete(WATCHER);

            assertThat(first.load(WATCHER)).isEmpty();
        }
    }

    @Test
    void locksEachWatcherByItself() {
        try (FileResumeTokenStore first = FileResumeTokenStore.in(directory);
                FileResumeTokenStore second = FileResumeTokenStore.in(directory)) {
            first.save(WATCHER, number(1));
            second.save("another", number(2));

            assertThat(second.load("another")).contains(number(2));
        }
    }

    @Test
    void staysLockedAfterASecondStoreWasRefused() throws Exception {
        try (FileResumeTokenStore first = FileResumeTokenStore.in(directory);
                FileResumeTokenStore second = FileResumeTokenStore.in(directory)) {
            first.save(WATCHER, number(1));
            assertRefused(second, "another store of this process");

            try (OtherProcess other = OtherProcess.saving(directory, WATCHER)) {
                assertThat(other.exitCode()).isEqualTo(OtherProcess.REFUSED);
            }
            assertThat(Files.readString(directory.resolve("order-indexer.lock")))
                    .isEqualTo("pid " + ProcessHandle.current().pid() + "\n");
        }
    }

    @Test
    void refusesWhileAnotherProcessWritesAndGoesOnOnceItIsKilled() throws Exception {
        for (int round = 1; round <= 3; round++) {
            Path place = directory.resolve("round-" + round);
            try (OtherProcess other = OtherProcess.saving(place, WATCHER);
                    FileResumeTokenStore store = FileResumeTokenStore.in(place)) {
                other.awaitSaved(1 + round * 7);
                assertThatThrownBy(() -> store.load(WATCHER))
                        .isInstanceOf(StoreLockedException.class)
                        .hasMessage("Cannot take the place of watcher 'order-indexer': "
                                + place.toRealPath().resolve("order-indexer.lock")
                                + " is locked by another process (pid "
                                + other.pid() + ")" + REMEDY);

                int acknowledged = Math.max(other.kill(), 1 + round * 7);

                int loaded = numberOf(store.load(WATCHER).orElseThrow());
                assertThat(loaded).isBetween(acknowledged, acknowledged + 1);
            }
        }
    }

    private void assertRefused(FileResumeTokenStore store, String holder) throws IOException {
        assertThatThrownBy(() -> store.load(WATCHER))
                .isInstanceOf(StoreLockedException.class)
                .hasMessage("Cannot take the place of watcher 'order-indexer': "
                        + directory.toRealPath().resolve("order-indexer.lock") + " is locked by " + holder + REMEDY);
    }
}
