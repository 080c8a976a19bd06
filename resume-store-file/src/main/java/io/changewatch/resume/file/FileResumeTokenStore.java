package io.changewatch.resume.file;

import io.changewatch.ConfigurationException;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps each watcher's checkpoint in a file of its own, for an application that runs on one machine.
 *
 * {@snippet class="io.changewatch.examples.FifteenLines" region="start"}
 *
 * <p>The file is text, with a checksum. A save writes another file, forces it to the disk and then gives it the name, so a
 * crash at any moment leaves the checkpoint before or the new one; a full disk leaves the one before. The previous generation
 * is kept: if the file is damaged, the watcher goes on from that one, with a warning, and repeats the events between.
 *
 * <p>A watcher's files are locked from its start until its end, or until the process ends: a second watcher of the same name
 * gets a {@link StoreLockedException}, in another process, on another store object or on this one. Used without a watcher, they
 * are locked from the first {@code load} or {@code save} until {@link #release} or {@link #close}. The directory must be on a
 * file system with locks that work; a container needs a volume that survives it. A directory that is removed while a watcher
 * runs is made again with the next save. Instances on other machines do not find what is in it: with {@code onlyOneActive(...)} and
 * {@code PartitionedWatcher} that is warned of.
 *
 * <p>Thread-safe.
 */
public final class FileResumeTokenStore implements ResumeTokenStore, AutoCloseable {

    /** Keeps files in {@code directory}, which the first use creates. Does not touch the disk yet. */
    public static FileResumeTokenStore in(Path directory) {
        return new FileResumeTokenStore(
                Objects.requireNonNull(directory, "directory"), new LocalDisk(), HistoryPolicy.standard());
    }

    private final Path directory;
    private final Disk disk;
    private final HistoryPolicy history;
    private final Map<String, WatcherPlace> places = new ConcurrentHashMap<>();

    /** Without a history. */
    FileResumeTokenStore(Path directory, Disk disk) {
        this(directory, disk, HistoryPolicy.none());
    }

    private FileResumeTokenStore(Path directory, Disk disk, HistoryPolicy history) {
        this.directory = directory.toAbsolutePath();
        this.disk = disk;
        this.history = history;
    }

    /**
     * A store of the same directory that keeps another history of earlier checkpoints, in a file beside each watcher's, which is
     * written when a checkpoint is due for it. Default: {@link HistoryPolicy#standard()}.
     */
    public FileResumeTokenStore keepHistory(HistoryPolicy policy) {
        return new FileResumeTokenStore(directory, disk, Objects.requireNonNull(policy, "policy"));
    }

    /**
     * {@inheritDoc} Tries whether a file can be made in the directory.
     *
     * @throws StoreLockedException if another watcher of this store, another store or another process holds this watcher's files
     * @throws ConfigurationException if the directory is a file, or this process may not write there
     * @throws StoreException if the disk is full or fails
     * @throws IllegalArgumentException if {@code watcher} is empty or not valid Unicode
     */
    @Override
    public void acquire(String watcher) {
        place(watcher).take();
    }

    /**
     * {@inheritDoc}
     *
     * @throws StoreLockedException if another store holds this watcher's files
     * @throws ConfigurationException if the directory is a file, or this process may not read and write there
     * @throws CorruptCheckpointException if the file is damaged and there is no generation before it, or it belongs to another
     *     watcher or a later version of ChangeWatch
     * @throws IllegalArgumentException if {@code watcher} is empty or not valid Unicode
     */
    @Override
    public Optional<Checkpoint> load(String watcher) {
        return place(watcher).load();
    }

    /**
     * {@inheritDoc} Takes no lock, so that it also reads what another process writes at the moment, and changes no file.
     *
     * @throws CorruptCheckpointException as {@link #load}
     * @throws IllegalArgumentException if {@code watcher} is empty or not valid Unicode
     */
    @Override
    public Optional<Checkpoint> peek(String watcher) {
        CheckpointFiles files = new CheckpointFiles(disk, directory, Objects.requireNonNull(watcher, "watcher"));
        try {
            return files.peek();
        } catch (IOException e) {
            throw new StoreException(
                    "Cannot look at the checkpoint of watcher '" + watcher + "' in " + files.current() + ": "
                            + e.getClass().getSimpleName() + ": " + e.getMessage()
                            + ". Check that this process may read there.",
                    e);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws StoreLockedException if another store holds this watcher's files
     * @throws CorruptCheckpointException if there is a file that {@link #load} refuses; it is left as it is
     * @throws StaleCheckpointException if the file holds a newer checkpoint or a higher term
     * @throws StoreException if the disk is full, read-only or fails; what was saved before is kept
     */
    @Override
    public void save(String watcher, Checkpoint checkpoint) {
        place(watcher).save(Objects.requireNonNull(checkpoint, "checkpoint"));
    }

    /**
     * {@inheritDoc} In the way of {@link #save}, whatever the file holds; so is the previous generation replaced.
     *
     * @throws StoreLockedException if another store holds this watcher's files
     * @throws CorruptCheckpointException if there is a file that {@link #load} refuses; it is left as it is
     * @throws StaleCheckpointException if the file holds a higher term
     * @throws StoreException if the disk is full, read-only or fails; what was saved before is kept, or the new one
     */
    @Override
    public void reset(String watcher, Checkpoint checkpoint) {
        place(watcher).reset(Objects.requireNonNull(checkpoint, "checkpoint"));
    }

    /**
     * {@inheritDoc} Lines that are damaged are left out, with a warning.
     *
     * @throws IllegalArgumentException if {@code watcher} is empty or not valid Unicode
     */
    @Override
    public List<Checkpoint> history(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        try {
            return new HistoryFile(disk, directory, watcher, history).read();
        } catch (IOException e) {
            throw new StoreException(
                    "Cannot read the history of watcher '" + watcher + "' in " + directory + ": "
                            + e.getClass().getSimpleName() + ": " + e.getMessage()
                            + ". Check that this process may read there.",
                    e);
        }
    }

    /**
     * {@inheritDoc} Works on a damaged file too. What was damaged before and kept aside stays.
     *
     * @throws StoreLockedException if another store holds this watcher's files
     */
    /** No: another machine has other files. */
    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public void delete(String watcher) {
        place(watcher).delete();
    }

    /** Frees the lock; while a call for this watcher hangs in the file system, that call frees it when it ends. */
    @Override
    public void release(String watcher) {
        place(watcher).release();
    }

    /** Releases every watcher. The store may be used again. */
    @Override
    public void close() {
        places.values().forEach(WatcherPlace::release);
    }

    private WatcherPlace place(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        return places.computeIfAbsent(watcher, name -> new WatcherPlace(disk, directory, name, history));
    }
}
