package io.changewatch.resume.file;

import static io.changewatch.resume.file.Checkpoints.number;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What happens to the files of a store, on the real disk. */
final class DamageTest {

    private static final String WATCHER = "order-indexer";

    @TempDir
    private Path directory;

    private FileResumeTokenStore store;
    private Path current;
    private Path previous;
    private Path damaged;

    @BeforeEach
    void open() {
        store = FileResumeTokenStore.in(directory);
        current = directory.resolve("order-indexer.checkpoint");
        previous = directory.resolve("order-indexer.previous");
        damaged = directory.resolve("order-indexer.damaged");
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aPeekReadsTheGenerationBeforeADamagedOneAndChangesNothing() throws IOException {
        store.save(WATCHER, number(1));
        store.save(WATCHER, number(2));
        store.release(WATCHER);
        Files.writeString(current, "scratched");

        assertThat(store.peek(WATCHER)).contains(number(1));

        assertThat(current).hasContent("scratched");
        assertThat(damaged).doesNotExist();
    }

    @Test
    void aPeekRefusesWhatALoadRefuses() throws IOException {
        store.save(WATCHER, number(1));
        Files.writeString(current, "scratched");

        assertThatThrownBy(() -> store.peek(WATCHER)).isInstanceOf(CorruptCheckpointException.class);
    }

    @Test
    void aPeekMakesNoFolder() {
        Path nowhere = directory.resolve("nowhere");
        try (FileResumeTokenStore unused = FileResumeTokenStore.in(nowhere)) {
            assertThat(unused.peek(WATCHER)).isEmpty();
        }
        assertThat(nowhere).doesNotExist();
    }

    @Test
    void canBeReadByAPerson() throws IOException {
        store.save(WATCHER, number(1_700_000_000));

        assertThat(Files.readString(current))
                .isEqualTo("changewatch-checkpoint 1 order-indexer\n"
                        + number(1_700_000_000).toJson() + "\ncrc32c 0798acea\n");
    }

    @Test
    void keepsThePreviousGenerationAndNothingElse() throws IOException {
        store.save(WATCHER, number(1));
        store.save(WATCHER, number(2));
        store.save(WATCHER, number(3));

        assertThat(directory)
                .isDirectoryContaining("glob:**/order-indexer.checkpoint")
                .isDirectoryContaining("glob:**/order-indexer.previous")
                .isDirectoryContaining("glob:**/order-indexer.lock")
                .isDirectoryNotContaining("glob:**/order-indexer.tmp");
        assertThat(Files.readString(previous)).contains(number(2).toJson());
    }

    enum Damage {
        EMPTY {
            @Override
            byte[] done(byte[] file) {
                return new byte[0];
            }
        },
        CUT {
            @Override
            byte[] done(byte[] file) {
                return Arrays.copyOf(file, file.length - 1);
            }
        },
        LONGER {
            @Override
            byte[] done(byte[] file) {
                return Arrays.copyOf(file, file.length + 1);
            }
        },
        ZEROED {
            @Override
            byte[] done(byte[] file) {
                return new byte[file.length];
            }
        },
        HALF_ZEROED {
            @Override
            byte[] done(byte[] file) {
                Arrays.fill(file, file.length / 2, file.length, (byte) 0);
                return file;
            }
        },
        ONE_BIT_OF_THE_NAME_FLIPPED {
            @Override
            byte[] done(byte[] file) {
                file[30] ^= 1;
                return file;
            }
        },
        FOREIGN {
            @Override
            byte[] done(byte[] file) {
                return "Dear diary, today I did not read the manual.\n".getBytes(UTF_8);
            }
        };

        abstract byte[] done(byte[] file);
    }

    @ParameterizedTest
    @EnumSource
    void fallsBackToTheGenerationBefore(Damage damage) throws IOException {
        store.save(WATCHER, number(1));
        store.save(WATCHER, number(2));
        byte[] left = inflict(damage, current);

        assertThat(reopened().load(WATCHER)).contains(number(1));

        assertThat(damaged).hasBinaryContent(left);
        store.save(WATCHER, number(2));
        assertThat(reopened().load(WATCHER)).contains(number(2));
        assertThat(Files.readString(previous))
                .as("the good generation")
                .contains(number(1).toJson());
    }

    @ParameterizedTest
    @EnumSource
    void isNamedAndLeftAloneWithoutAGenerationBefore(Damage damage) throws IOException {
        store.save(WATCHER, number(1));
        byte[] left = inflict(damage, current);
        String message =
                "Cannot load the checkpoint of watcher 'order-indexer': " + current + " is damaged or was not written"
                        + " by ChangeWatch: its checksum does not fit. Restore it from a backup, or delete the checkpoint to begin"
                        + " anew, which leaves out what happened since.";

        assertThatThrownBy(() -> reopened().load(WATCHER))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> store.save(WATCHER, number(2)))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage(message);

        assertThat(current).hasBinaryContent(left);
        store.delete(WATCHER);
        assertThat(store.load(WATCHER)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void isNamedWhenBothGenerationsAreDamaged(Damage damage) throws IOException {
        store.save(WATCHER, number(1));
        store.save(WATCHER, number(2));
        byte[] left = inflict(damage, current);
        inflict(damage, previous);

        assertThatThrownBy(() -> reopened().load(WATCHER))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageStartingWith(
                        "Cannot load the checkpoint of watcher 'order-indexer': " + current + " is damaged")
                .satisfies(e -> assertThat(e.getSuppressed()[0])
                        .hasMessageStartingWith("Cannot load the checkpoint of watcher 'order-indexer': " + previous));

        assertThat(current).hasBinaryContent(left);
    }

    @Test
    void findsEveryFlippedBitAndEveryLength() {
        byte[] file = CheckpointFormat.write(WATCHER, number(1));
        for (int bit = 0; bit < file.length * 8; bit++) {
            byte[] flipped = file.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            assertDamaged(flipped);
        }
        for (int length = 0; length < file.length; length++) {
            assertDamaged(Arrays.copyOf(file, length));
        }
    }

    private static void assertDamaged(byte[] file) {
        assertThatThrownBy(() -> CheckpointFormat.read(WATCHER, file))
                .isInstanceOfSatisfying(
                        UnusableFileException.class,
                        e -> assertThat(e.isDamaged()).isTrue());
    }

    @Test
    void refusesTheFileOfAnotherWatcherEvenIfThereIsAGenerationBefore() throws IOException {
        store.save(WATCHER, number(1));
        store.save(WATCHER, number(2));
        store.save("Other", number(9));
        Files.copy(directory.resolve("%4fther.checkpoint"), current, StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> reopened().load(WATCHER))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage("Cannot load the checkpoint of watcher 'order-indexer': " + current
                        + " belongs to watcher '%4fther'."
                        + " Put the right file in its place, or delete the checkpoint to begin anew.");
        assertThatThrownBy(() -> store.save(WATCHER, number(10))).isInstanceOf(CorruptCheckpointException.class);
        assertThat(current).hasSameBinaryContentAs(directory.resolve("%4fther.checkpoint"));
    }

    @Test
    void refusesAFormatOfTheFuture() throws IOException {
        String content = "changewatch-checkpoint 2 order-indexer\nsomething new\n";
        CRC32C crc = new CRC32C();
        crc.update(content.getBytes(UTF_8));
        Files.writeString(current, content + "crc32c %08x\n".formatted(crc.getValue()));

        assertThatThrownBy(() -> store.load(WATCHER))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage("Cannot load the checkpoint of watcher 'order-indexer': " + current
                        + " begins with 'changewatch-checkpoint 2 order-indexer', which this ChangeWatch does not read. Use"
                        + " the version of ChangeWatch that wrote it, or a newer one.");
    }

    @Test
    void goesOnFromTheGenerationBeforeWhenTheFileIsMissing() throws IOException {
        store.save(WATCHER, number(1));
        store.save(WATCHER, number(2));
        Files.delete(current);

        assertThat(reopened().load(WATCHER)).contains(number(1));
    }

    @Test
    void removesATemporaryFileThatACrashLeft() throws IOException {
        Path leftover = Files.writeString(directory.resolve("order-indexer.tmp"), "half a check");

        assertThat(store.load(WATCHER)).isEmpty();

        assertThat(leftover).doesNotExist();
    }

    @Test
    @EnabledOnOs(OS.LINUX) // it has a device that is always full
    void keepsTheOldCheckpointOnAFullDisk() throws IOException {
        store.save(WATCHER, number(1));
        Files.createSymbolicLink(directory.resolve("order-indexer.tmp"), Path.of("/dev/full"));

        assertThatThrownBy(() -> store.save(WATCHER, number(2)))
                .isInstanceOf(StoreException.class)
                .hasMessage("Cannot save the checkpoint of watcher 'order-indexer' to " + current
                        + ": IOException: No space left on"
                        + " device. The one before it is kept. Check that there is room on the disk and that this process may"
                        + " write there.");

        assertThat(store.load(WATCHER)).contains(number(1));
        store.save(WATCHER, number(2));
        assertThat(store.load(WATCHER)).contains(number(2));
    }

    @Test
    void savesOnAThreadThatIsInterruptedAndLeavesItSo() {
        Thread.currentThread().interrupt();

        store.save(WATCHER, number(1));
        Optional<Checkpoint> loaded = store.load(WATCHER);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(loaded).contains(number(1));
    }

    private static byte[] inflict(Damage damage, Path file) throws IOException {
        byte[] left = damage.done(Files.readAllBytes(file));
        Files.write(file, left);
        return left;
    }

    private FileResumeTokenStore reopened() {
        store.close();
        store = FileResumeTokenStore.in(directory);
        return store;
    }
}
