package io.changewatch.resume.file;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watcher's place in the directory: its lock, its files, and the checkpoint that is known to be in them.
 *
 * <p>Thread-safe.
 */
final class WatcherPlace {

    private static final Logger LOG = LoggerFactory.getLogger(FileResumeTokenStore.class);

    private final ReentrantLock guard = new ReentrantLock();
    private final Disk disk;
    private final Path directory;
    private final String watcher;
    private final CheckpointFiles files;
    private final HistoryFile history;

    /** Guarded by {@link #guard}, like the two below. */
    private @Nullable WatcherLock lock;

    /** Whether {@link #known} is what is in the files; not after a failure, which leaves the old or the new there. */
    private boolean isKnown;

    private @Nullable Checkpoint known;

    /** Whether a watcher runs here: the lock alone does not tell, as tools that share the store take it too. */
    private boolean isTaken;

    /** Whoever holds {@link #guard} frees the lock when it is done. */
    private volatile boolean isToBeFreed;

    WatcherPlace(Disk disk, Path directory, String watcher, HistoryPolicy policy) {
        this.disk = disk;
        this.directory = directory;
        this.watcher = watcher;
        this.files = new CheckpointFiles(disk, directory, watcher);
        this.history = new HistoryFile(disk, directory, watcher, policy);
    }

    /** Takes the place for one watcher. A second one is refused, although it could share the lock. */
    void take() {
        guarded(
                () -> {
                    if (isTaken) {
                        throw WatcherLock.refusing(directory, watcher);
                    }
                    usable(this::probe);
                    isTaken = true;
                    return watcher;
                },
                "Cannot take the place of watcher '%s' at %s: %s. Check that there is room on the disk and that this process may"
                        + " read and write there.");
    }

    private String probe() throws IOException {
        boolean wasHeld = lock != null;
        try {
            acquire();
            files.probe();
            return watcher;
        } catch (IOException e) {
            if (!wasHeld) {
                free();
            }
            throw e;
        }
    }

    Optional<Checkpoint> load() {
        return guarded(
                () -> usable(() -> {
                    acquire();
                    return Optional.ofNullable(readAgain());
                }),
                "Cannot load the checkpoint of watcher '%s' from %s: %s. Check that this process may read and write there.");
    }

    void save(Checkpoint checkpoint) {
        guarded(
                () -> {
                    acquire();
                    replace(checkpoint);
                    history.saved(checkpoint);
                    return checkpoint;
                },
                "Cannot save the checkpoint of watcher '%s' to %s: %s. The one before it is kept. Check that there is room on the"
                        + " disk and that this process may write there.");
    }

    /** In the place of what is there, be it newer. */
    void reset(Checkpoint checkpoint) {
        guarded(
                () -> {
                    acquire();
                    overwrite(checkpoint);
                    history.saved(checkpoint);
                    return checkpoint;
                },
                "Cannot reset the checkpoint of watcher '%s' in %s: %s. The one before it is kept, or the new one. Check that there"
                        + " is room on the disk and that this process may write there.");
    }

    /** Takes the lock for as long as this lasts, unless it is held anyway. */
    void delete() {
        guarded(
                () -> {
                    boolean wasHeld = lock != null;
                    try {
                        acquire();
                        deleteFiles();
                    } finally {
                        if (!wasHeld) {
                            free();
                        }
                    }
                    return watcher;
                },
                "Cannot delete the checkpoint of watcher '%s' in %s: %s. Check that this process may write there.");
    }

    /** Does not wait for a call that hangs in the file system: that frees the lock when it ends, as it may still write. */
    void release() {
        isToBeFreed = true;
        freeIfAsked();
    }

    /** Asked by somebody who found the guard held; checked after each unlocking, so that one of the two sees it. */
    private void freeIfAsked() {
        while (isToBeFreed && guard.tryLock()) {
            try {
                freeNow();
            } finally {
                guard.unlock();
            }
        }
    }

    private void freeNow() {
        isToBeFreed = false;
        try {
            free();
        } catch (IOException e) {
            LOG.warn("{}: cannot free {}. It is free when this process ends.", watcher, files.current(), e);
        }
    }

    /** A lock whose file was removed, with its directory perhaps, is taken again: it keeps nobody out. */
    private void acquire() throws IOException {
        if (lock != null && !lock.isInPlace()) {
            LOG.warn("{}: {} or its lock was removed; making it again.", watcher, directory);
            unlock();
        }
        if (lock == null) {
            disk.createDirectories(directory);
            lock = WatcherLock.acquire(directory, watcher);
        }
    }

    private @Nullable Checkpoint readAgain() throws IOException {
        isKnown = false;
        known = files.read().orElse(null);
        isKnown = true;
        return known;
    }

    private void replace(Checkpoint checkpoint) throws IOException {
        Checkpoint held = isKnown ? known : readAgain();
        if (held != null && checkpoint.isOlderThan(held)) {
            throw StaleCheckpointException.refusing(watcher, files.current().toString(), checkpoint, held);
        }
        write(checkpoint);
    }

    /** Twice: a newer generation must not stand in for this one if it is damaged later. */
    private void overwrite(Checkpoint checkpoint) throws IOException {
        Checkpoint held = isKnown ? known : readAgain();
        if (held != null && checkpoint.term() < held.term()) {
            throw StaleCheckpointException.refusing(watcher, files.current().toString(), checkpoint, held);
        }
        write(checkpoint);
        write(checkpoint);
    }

    private void write(Checkpoint checkpoint) throws IOException {
        isKnown = false;
        files.write(checkpoint);
        known = checkpoint;
        isKnown = true;
    }

    private void deleteFiles() throws IOException {
        isKnown = false;
        files.delete();
        history.delete();
        known = null;
        isKnown = true;
    }

    private void free() throws IOException {
        isTaken = false;
        unlock();
    }

    private void unlock() throws IOException {
        isKnown = false;
        WatcherLock held = lock;
        lock = null;
        if (held != null) {
            held.close();
        }
    }

    /** What nobody but a person can mend is no reason to try again. */
    private <T> T usable(FileTask<T> task) throws IOException {
        try {
            return task.run();
        } catch (IOException e) {
            throw DirectoryFault.of(watcher, directory, e).orElseThrow(() -> e);
        }
    }

    /** An interrupt waits until this is over: it would close the channel in use, and a stopped watcher would lose its last save. */
    private <T> T guarded(FileTask<T> task, String failure) {
        guard.lock();
        boolean wasInterrupted = Thread.interrupted();
        try {
            return task.run();
        } catch (IOException e) {
            String reason = e.getClass().getSimpleName() + ": " + e.getMessage();
            throw new StoreException(failure.formatted(watcher, files.current(), reason), e);
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
            guard.unlock();
            freeIfAsked();
        }
    }

    /** Something done to files. */
    private interface FileTask<T> {
        T run() throws IOException;
    }
}
