package io.changewatch.resume.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.changewatch.deadletter.CorruptLetterException;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.resume.StoreException;
import io.changewatch.testkit.DeadLetterStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileDeadLetterStoreTest extends DeadLetterStoreContract {

    @TempDir
    Path directory;

    @Override
    protected DeadLetterStore open() {
        return FileDeadLetterStore.in(directory.resolve("state"));
    }

    private Path file(DeadLetter letter) {
        return directory.resolve("state").resolve(WATCHER + ".letters").resolve(letter.id() + ".letter");
    }

    @Test
    void noticesEachDamageAndListsWhatIsBehind() throws IOException {
        DeadLetterStore store = open();
        DeadLetter damaged = letter(2, 2);
        store.park(letter(1, 1));
        store.park(damaged);
        store.park(letter(3, 3));
        byte[] whole = Files.readAllBytes(file(damaged));
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 0x10;
            Files.write(file(damaged), changed);
            assertThat(isRefused(store, damaged)).as("byte " + i).isTrue();
        }
        Files.write(file(damaged), new byte[0]);

        assertThat(store.list(WATCHER, "", 10)).containsExactly(letter(1, 1));
        CorruptLetterException refusal = catchThrowableOfType(
                CorruptLetterException.class,
                () -> store.list(WATCHER, letter(1, 1).id(), 10));
        assertThat(refusal)
                .hasMessage("Cannot read the letter in " + file(damaged)
                        + ": it is damaged, or was written by another version of ChangeWatch. Restore the file from a backup,"
                        + " or drop the letter, which loses its event.");
        assertThat(refusal.id()).isEqualTo(damaged.id());
        assertThat(store.list(WATCHER, refusal.id(), 10)).containsExactly(letter(3, 3));
        assertThat(store.oldestOf(WATCHER, damaged.key().orElseThrow())).contains(damaged.id());
        assertThat(store.remove(WATCHER, damaged.id())).isTrue();
        assertThat(store.list(WATCHER, "", 10)).containsExactly(letter(1, 1), letter(3, 3));
    }

    /** Or taken for what it was: some bytes of JSON may be others and mean the same. */
    private static boolean isRefused(DeadLetterStore store, DeadLetter letter) {
        try {
            return store.find(WATCHER, letter.id()).orElseThrow().equals(letter);
        } catch (CorruptLetterException e) {
            return true;
        }
    }

    @Test
    void refusesALetterUnderTheNameOfAnother() throws IOException {
        DeadLetterStore store = open();
        store.park(letter(1, 1));
        Files.copy(file(letter(1, 1)), file(letter(2, 2)));

        assertThatThrownBy(() -> store.find(WATCHER, letter(2, 2).id()))
                .isInstanceOf(CorruptLetterException.class)
                .hasMessageContaining("holds another letter");
    }

    @Test
    void tellsTheRemedyWhereTheFolderCannotBe() throws IOException {
        Path file = Files.writeString(directory.resolve("state"), "");

        assertThatThrownBy(() -> open().park(letter(1, 1)))
                .isInstanceOf(StoreException.class)
                .hasMessage("Cannot park a letter of watcher 'order-indexer' in "
                        + directory.resolve("state").resolve(WATCHER + ".letters") + ": " + file
                        + " is not a directory. Remove it, or give the store another directory.");
    }

    /** Whatever a power cut leaves, a letter that was reported as kept is there, and none is there in half. */
    @Test
    void keepsAWholeLetterOrNoneAtACrashAtAnyStep() {
        int crashes = 0;
        for (int step = 0; ; step++) {
            for (SimulatedDisk.Unforced content : SimulatedDisk.Unforced.values()) {
                for (boolean survives : List.of(true, false)) {
                    SimulatedDisk disk = new SimulatedDisk();
                    DeadLetterStore store = new FileDeadLetterStore(directory, disk);
                    store.park(letter(1, 1));
                    disk.crashAt(step);
                    boolean isParked = isParked(store, letter(2, 2));
                    disk.cutPower(change -> survives, content);

                    DeadLetterStore after = new FileDeadLetterStore(directory, disk);
                    List<DeadLetter> left = after.list(WATCHER, "", 10);
                    assertThat(left).startsWith(letter(1, 1));
                    assertThat(left).hasSizeBetween(isParked ? 2 : 1, 2);
                    after.park(letter(2, 2));
                    assertThat(after.list(WATCHER, "", 10)).containsExactly(letter(1, 1), letter(2, 2));
                    if (isParked) {
                        assertThat(crashes).isGreaterThan(100);
                        return;
                    }
                    crashes++;
                }
            }
        }
    }

    @Test
    void leavesNothingBehindOnAFullDisk() {
        SimulatedDisk disk = new SimulatedDisk();
        DeadLetterStore store = new FileDeadLetterStore(directory, disk);
        disk.failAt(20);
        assertThatThrownBy(() -> store.park(letter(1, 1)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("No space left on device. Check that there is room");

        assertThat(store.count(WATCHER)).isZero();
        assertThat(store.park(letter(1, 1))).isTrue();
        assertThat(disk.log()).containsSubsequence("delete " + letter(1, 1).id() + ".tmp");
    }

    private static boolean isParked(DeadLetterStore store, DeadLetter letter) {
        try {
            store.park(letter);
            return true;
        } catch (SimulatedDisk.Crash e) {
            return false;
        }
    }
}
