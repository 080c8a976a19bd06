package io.changewatch.resume.file;

import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.resume.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Keeps each letter in a file of its own, in a folder for each watcher, for an application that runs on one machine.
 *
 * <p>A file is two lines of text, which say why the event is parked, and the event in BSON, of any size, with checksums. It is
 * forced to the disk before it gets its name, so a crash at any moment leaves a whole letter or none. The directory may be that of a
 * {@link FileResumeTokenStore}.
 *
 * <p>Made for letters that somebody looks at: each listing, and with {@code BLOCK_KEY} each event of a blocked document, reads the names
 * in the folder. With more than some ten thousand letters, keep them in MongoDB.
 *
 * <p>Other processes may list, re-drive and drop at the same time. The right to re-drive ends with its process, or when the store is
 * closed; by its time, only for those who use the same store object.
 *
 * <p>Thread-safe.
 */
public final class FileDeadLetterStore implements DeadLetterStore, AutoCloseable {

    /** Static, because two stores of one process may share a folder: a letter is new to one of them only. One entry a watcher. */
    private static final Map<Path, ReentrantLock> GUARDS = new ConcurrentHashMap<>();

    /** Keeps folders in {@code directory}, which the first use creates. Does not touch the disk yet. */
    public static FileDeadLetterStore in(Path directory) {
        return new FileDeadLetterStore(Objects.requireNonNull(directory, "directory"), new LocalDisk());
    }

    private final Path directory;
    private final Disk disk;
    /** Each guarded by the guard of its folder. */
    private final Map<Path, LetterReservation> reservations = new ConcurrentHashMap<>();

    FileDeadLetterStore(Path directory, Disk disk) {
        this.directory = directory.toAbsolutePath();
        this.disk = disk;
    }

    /**
     * {@inheritDoc}
     *
     * @throws StoreException if the disk is full, read-only or fails
     * @throws IllegalArgumentException if the watcher's name is empty or not valid Unicode
     */
    @Override
    public boolean park(DeadLetter letter) {
        Objects.requireNonNull(letter, "letter");
        return guarded("park a letter", letter.watcher(), folder -> folder.park(letter));
    }

    @Override
    public List<DeadLetter> list(String watcher, String after, int limit) {
        Objects.requireNonNull(after, "after");
        return unguarded("list the letters", watcher, folder -> folder.page(after, limit));
    }

    @Override
    public Optional<DeadLetter> find(String watcher, String id) {
        return DeadLetter.isId(id) ? unguarded("read a letter", watcher, folder -> folder.find(id)) : Optional.empty();
    }

    @Override
    public Optional<String> oldestOf(String watcher, String key) {
        Objects.requireNonNull(key, "key");
        return unguarded(
                "look for letters",
                watcher,
                folder -> folder.ids()
                        .filter(id -> DeadLetter.keyOf(id).equals(Optional.of(key)))
                        .findFirst());
    }

    @Override
    public Set<String> keys(String watcher, int limit) {
        return unguarded(
                "look for letters",
                watcher,
                folder -> folder.ids()
                        .flatMap(id -> DeadLetter.keyOf(id).stream())
                        .distinct()
                        .limit(limit)
                        .collect(Collectors.toSet()));
    }

    @Override
    public boolean replace(DeadLetter letter) {
        Objects.requireNonNull(letter, "letter");
        return guarded("replace a letter", letter.watcher(), folder -> folder.replace(letter));
    }

    @Override
    public boolean remove(String watcher, String id) {
        return DeadLetter.isId(id) && guarded("remove a letter", watcher, folder -> folder.remove(id));
    }

    @Override
    public long count(String watcher) {
        return unguarded("count the letters", watcher, folder -> folder.ids().count());
    }

    @Override
    public boolean reserve(String watcher, String holder, Duration time) {
        Objects.requireNonNull(holder, "holder");
        Objects.requireNonNull(time, "time");
        return guarded("reserve the letters", watcher, folder -> {
            disk.createDirectories(folder.path());
            return reservation(folder).take(folder.path(), watcher, holder, time);
        });
    }

    @Override
    public void release(String watcher, String holder) {
        Objects.requireNonNull(holder, "holder");
        guarded("release the letters", watcher, folder -> {
            reservation(folder).release(holder);
            return holder;
        });
    }

    private LetterReservation reservation(LetterFolder folder) {
        return reservations.computeIfAbsent(folder.path(), path -> new LetterReservation());
    }

    /** Gives back every right to re-drive. The store may be used again. */
    @Override
    public void close() {
        for (Map.Entry<Path, LetterReservation> held : reservations.entrySet()) {
            ReentrantLock guard = guard(held.getKey());
            guard.lock();
            try {
                held.getValue().free();
            } catch (IOException e) {
                throw new StoreException(
                        "Cannot give back the right to re-drive the letters in " + held.getKey() + ": " + e.getMessage()
                                + ". It ends with this process.",
                        e);
            } finally {
                guard.unlock();
            }
        }
    }

    private static ReentrantLock guard(Path folder) {
        return GUARDS.computeIfAbsent(folder, path -> new ReentrantLock());
    }

    private <V> V guarded(String what, String watcher, Task<V> task) {
        ReentrantLock guard = guard(folder(watcher).path());
        guard.lock();
        try {
            return unguarded(what, watcher, task);
        } finally {
            guard.unlock();
        }
    }

    /** An interrupt waits until this is over: it would close the channel in use. */
    private <V> V unguarded(String what, String watcher, Task<V> task) {
        LetterFolder folder = folder(watcher);
        boolean wasInterrupted = Thread.interrupted();
        try {
            return task.run(folder);
        } catch (IOException e) {
            throw failed(what, watcher, folder.path(), e);
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private LetterFolder folder(String watcher) {
        return new LetterFolder(disk, directory, Objects.requireNonNull(watcher, "watcher"));
    }

    private StoreException failed(String what, String watcher, Path folder, IOException cause) {
        String remedy = DirectoryFault.reason(directory, cause)
                .orElse(cause.getClass().getSimpleName() + ": " + cause.getMessage()
                        + ". Check that there is room on the disk and that this process may read and write there.");
        return new StoreException(
                "Cannot " + what + " of watcher '" + watcher + "' in " + folder + ": " + remedy, cause);
    }

    /** Something done to files. */
    private interface Task<V> {
        V run(LetterFolder folder) throws IOException;
    }
}
