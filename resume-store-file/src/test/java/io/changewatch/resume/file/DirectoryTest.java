package io.changewatch.resume.file;

import static io.changewatch.resume.file.Checkpoints.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.ConfigurationException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row 39: a directory that is no directory, may not be used, or is removed under a running watcher. */
final class DirectoryTest {

    private static final String WATCHER = "order-indexer";

    @TempDir
    private Path folder;

    private FileResumeTokenStore store;

    @AfterEach
    void close() {
        store.close();
    }

    private void open(Path directory) {
        store = FileResumeTokenStore.in(directory);
    }

    private void open(Disk disk) {
        store = new FileResumeTokenStore(folder, disk);
    }

    @Test
    void isRefusedAtOnceIfItIsAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        open(file);
        String message = "Cannot keep the checkpoint of watcher 'order-indexer' in " + file + ": " + file
                + " is not a directory. Remove it, or give the store another directory.";

        assertThatThrownBy(() -> store.acquire(WATCHER))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message)
                .hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> store.load(WATCHER))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    @Test
    void isRefusedAtOnceIfAFileIsOnTheWayToIt() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        open(file.resolve("a").resolve("b"));

        assertThatThrownBy(() -> store.acquire(WATCHER))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Cannot keep the checkpoint of watcher 'order-indexer' in " + file.resolve("a/b") + ": "
                        + file + " is not a directory. Remove it, or give the store another directory.");
    }

    @Test
    void isRefusedAtOnceIfAFileInItBelongsToSomebodyElse() {
        Path denied = folder.resolve("order-indexer.tmp");
        open(new FailingToCreate(new AccessDeniedException(denied.toString())));

        assertThatThrownBy(() -> store.acquire(WATCHER))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Cannot keep the checkpoint of watcher 'order-indexer' in " + folder
                        + ": this process may not read and write " + denied
                        + ". Give it to this process's user, or give the store another directory.");
    }

    /** The link to a volume that is gone leads nowhere, and nothing can be made there. */
    @Test
    void keepsOutASecondWatcherAlsoWhileItIsGone() throws IOException {
        Path volume = Files.createDirectory(folder.resolve("volume"));
        Path link = Files.createSymbolicLink(folder.resolve("store"), volume);
        open(link);
        store.acquire(WATCHER);
        store.save(WATCHER, number(1));
        deleteWithItsFiles(volume);
        assertThatThrownBy(() -> store.save(WATCHER, number(2))).isInstanceOf(StoreException.class);

        assertThatThrownBy(() -> store.acquire(WATCHER))
                .isInstanceOf(StoreLockedException.class)
                .hasMessage("Cannot take the place of watcher 'order-indexer': " + link.resolve("order-indexer.lock")
                        + " is locked by another watcher of this store. Stop the other watcher of this name, or give this one"
                        + " another name or directory.");
    }

    private static void deleteWithItsFiles(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    @Test
    void isFreeAgainAfterARefusal() {
        open(new FailingToCreate(new AccessDeniedException("somewhere")));
        assertThatThrownBy(() -> store.acquire(WATCHER)).isInstanceOf(ConfigurationException.class);

        try (FileResumeTokenStore other = FileResumeTokenStore.in(folder)) {
            other.acquire(WATCHER);
            assertThat(other.load(WATCHER)).isEmpty();
        }
    }

    /** A full disk has room again some day: nothing that must be changed before a watcher can start. */
    @Test
    void isWaitedForIfItsDiskIsFull() {
        open(new FailingToCreate(new IOException("No space left on device")));

        assertThatThrownBy(() -> store.acquire(WATCHER))
                .isInstanceOf(StoreException.class)
                .hasMessage("Cannot take the place of watcher 'order-indexer' at "
                        + folder.resolve("order-indexer.checkpoint")
                        + ": IOException: No space left on device. Check that there is room on the disk and that this"
                        + " process may read and write there.");
    }

    @Test
    void isMadeAgainIfItIsRemovedUnderAWatcher() throws IOException {
        Path directory = folder.resolve("state");
        open(directory);
        store.acquire(WATCHER);
        store.save(WATCHER, number(1));
        remove(directory);

        store.save(WATCHER, number(2));

        assertThat(store.load(WATCHER)).contains(number(2));
        try (FileResumeTokenStore other = FileResumeTokenStore.in(directory)) {
            assertThatThrownBy(() -> other.acquire(WATCHER))
                    .as("it is locked again, too")
                    .isInstanceOf(StoreLockedException.class);
        }
    }

    @Test
    void isLeftToTheProcessThatTookItAfterItWasRemoved() throws IOException {
        Path directory = folder.resolve("state");
        open(directory);
        store.acquire(WATCHER);
        store.save(WATCHER, number(1));
        remove(directory);

        try (OtherProcess other = OtherProcess.saving(directory, WATCHER)) {
            other.awaitSaved(1);
            assertThatThrownBy(() -> store.save(WATCHER, number(2))).isInstanceOf(StoreLockedException.class);
            other.awaitSaved(2);
        }
    }

    @Test
    void goesOnWhenWhatStandsInItsPlaceIsGone() throws IOException {
        Path directory = folder.resolve("state");
        open(directory);
        store.acquire(WATCHER);
        store.save(WATCHER, number(1));
        remove(directory);
        Files.writeString(directory, "a file");

        assertThatThrownBy(() -> store.save(WATCHER, number(2)))
                .as("tried again, as it may be mended while the watcher runs")
                .isInstanceOf(StoreException.class)
                .hasMessageStartingWith("Cannot save the checkpoint of watcher 'order-indexer' to "
                        + directory.resolve("order-indexer.checkpoint"));

        Files.delete(directory);
        store.save(WATCHER, number(3));
        assertThat(store.load(WATCHER)).contains(number(3));
    }

    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** The machine's disk, on which no file can be begun. */
    private static final class FailingToCreate extends ForwardingDisk {
        private final IOException failure;

        private FailingToCreate(IOException failure) {
            super(new LocalDisk());
            this.failure = failure;
        }

        @Override
        public NewFile create(Path file) throws IOException {
            throw failure;
        }
    }
}
