package io.changewatch.resume.file;

import static io.changewatch.resume.file.Checkpoints.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.resume.StoreLockedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** Row 42: two watchers of one name on one store object, which share its lock; and a release while a save hangs. */
final class OneObjectTest {

    private static final String WATCHER = "order-indexer";

    @TempDir
    private Path directory;

    @Test
    void refusesASecondWatcherUntilTheFirstReleases() throws IOException {
        try (FileResumeTokenStore store = FileResumeTokenStore.in(directory)) {
            store.acquire(WATCHER);

            assertThatThrownBy(() -> store.acquire(WATCHER))
                    .isInstanceOf(StoreLockedException.class)
                    .hasMessage("Cannot take the place of watcher 'order-indexer': "
                            + directory.toRealPath().resolve("order-indexer.lock")
                            + " is locked by another watcher of this store. Stop the other watcher of this name, or give"
                            + " this one another name or directory.");

            store.release(WATCHER);
            assertThatCode(() -> store.acquire(WATCHER)).doesNotThrowAnyException();
        }
    }

    @Test
    void aToolThatLoadsFirstDoesNotKeepTheWatcherOut() {
        try (FileResumeTokenStore store = FileResumeTokenStore.in(directory)) {
            store.save(WATCHER, number(1));

            store.acquire(WATCHER);

            assertThat(store.load(WATCHER)).contains(number(1));
            assertThatThrownBy(() -> store.acquire(WATCHER)).isInstanceOf(StoreLockedException.class);
        }
    }

    @Test
    void anotherStoreIsRefusedByTheAcquireToo() {
        try (FileResumeTokenStore store = FileResumeTokenStore.in(directory);
                FileResumeTokenStore other = FileResumeTokenStore.in(directory)) {
            store.acquire(WATCHER);

            assertThatThrownBy(() -> other.acquire(WATCHER)).isInstanceOf(StoreLockedException.class);

            store.release(WATCHER);
            other.acquire(WATCHER);
            assertThatThrownBy(() -> store.acquire(WATCHER)).isInstanceOf(StoreLockedException.class);
        }
    }

    @Test
    @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD) // a lock is not interrupted
    void aReleaseDoesNotWaitForASaveThatHangsWhichFreesWhenItEnds() throws InterruptedException {
        HangingDisk disk = new HangingDisk();
        FileResumeTokenStore store = new FileResumeTokenStore(directory, disk);
        store.acquire(WATCHER);
        disk.hang();
        Thread saving = new Thread(() -> store.save(WATCHER, number(1)), "saving");
        saving.start();
        disk.awaitHanging();

        store.release(WATCHER);

        try (FileResumeTokenStore other = FileResumeTokenStore.in(directory)) {
            assertThatThrownBy(() -> other.acquire(WATCHER))
                    .as("the save may still write")
                    .isInstanceOf(StoreLockedException.class);
            disk.goOn();
            saving.join();
            other.acquire(WATCHER);
            assertThat(other.load(WATCHER)).contains(number(1));
        }
    }

    /** The machine's disk, which can stop answering when a file is begun. */
    private static final class HangingDisk extends ForwardingDisk {
        private final CountDownLatch hanging = new CountDownLatch(1);
        private volatile CountDownLatch gate = new CountDownLatch(0);

        private HangingDisk() {
            super(new LocalDisk());
        }

        void hang() {
            gate = new CountDownLatch(1);
        }

        void goOn() {
            gate.countDown();
        }

        void awaitHanging() throws InterruptedException {
            hanging.await();
        }

        @Override
        public NewFile create(Path file) throws IOException {
            if (gate.getCount() > 0) {
                hanging.countDown();
                awaitUninterruptibly();
            }
            return super.create(file);
        }

        /** As a file system does. */
        private void awaitUninterruptibly() {
            boolean interrupted = false;
            while (gate.getCount() > 0) {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
