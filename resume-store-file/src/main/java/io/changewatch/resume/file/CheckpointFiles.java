package io.changewatch.resume.file;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one watcher, and the order in which they are written.
 *
 * <pre>
 *                                          current    previous    after a crash here the watcher loads
 * 1 write and force the temporary file     old        older       old
 * 2 move current to previous               -          old         old, from previous
 * 3 move temporary to current              new        old         new
 * 4 force the directory                    new        old         new
 * </pre>
 *
 * Step 1 forces the content before step 3 can give it the name: a name must never survive a crash that its content did not.
 * The moves may be kept or lost in any combination until step 4, and each combination is a row of this table or the state
 * before. To load an older generation repeats events and loses none.
 *
 * <p>Not thread-safe: {@link WatcherPlace} guards it.
 */
final class CheckpointFiles {

    private static final Logger LOG = LoggerFactory.getLogger(FileResumeTokenStore.class);

    private final Disk disk;
    private final String watcher;
    private final Path directory;
    private final Path current;
    private final Path previous;
    private final Path temporary;
    private final Path damaged;

    CheckpointFiles(Disk disk, Path directory, String watcher) {
        String name = WatcherFileName.of(watcher);
        this.disk = disk;
        this.watcher = watcher;
        this.directory = directory;
        this.current = directory.resolve(name + ".checkpoint");
        this.previous = directory.resolve(name + ".previous");
        this.temporary = directory.resolve(name + ".tmp");
        this.damaged = directory.resolve(name + ".damaged");
    }

    Path current() {
        return current;
    }

    /** Fails where nothing can be written: at the start rather than at the first save. */
    void probe() throws IOException {
        disk.create(temporary).close();
        disk.delete(temporary);
    }

    /** Forces first: what is handed out must not be undone by a power cut after a crash before step 4. */
    Optional<Checkpoint> read() throws IOException {
        disk.delete(temporary);
        disk.forceDirectory(directory);
        Optional<byte[]> content = disk.read(current);
        if (content.isEmpty()) {
            return readPrevious();
        }
        try {
            return Optional.of(CheckpointFormat.read(watcher, content.get()));
        } catch (UnusableFileException e) {
            return Optional.of(readInsteadOfCurrent(e));
        }
    }

    private Optional<Checkpoint> readPrevious() throws IOException {
        Optional<byte[]> content = disk.read(previous);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try {
            Checkpoint checkpoint = CheckpointFormat.read(watcher, content.get());
            LOG.warn(
                    "{}: {} is missing, as after a crash while it was replaced. Going on from {}.",
                    watcher,
                    current,
                    previous);
            return Optional.of(checkpoint);
        } catch (UnusableFileException e) {
            throw corrupt(previous, e);
        }
    }

    /** What is damaged is moved out of the way, because the next {@link #write} must not move it over the good generation. */
    private Checkpoint readInsteadOfCurrent(UnusableFileException reason) throws IOException {
        Optional<byte[]> content = reason.isDamaged() ? disk.read(previous) : Optional.empty();
        if (content.isEmpty()) {
            throw corrupt(current, reason);
        }
        try {
            Checkpoint checkpoint = CheckpointFormat.read(watcher, content.get());
            disk.move(current, damaged);
            LOG.warn(
                    "{}: {} {}. It is kept as {}. Going on from {}, the checkpoint before it; events since then come again.",
                    watcher,
                    current,
                    reason.getMessage(),
                    damaged,
                    previous);
            return checkpoint;
        } catch (UnusableFileException e) {
            CorruptCheckpointException corrupt = corrupt(current, reason);
            corrupt.addSuppressed(corrupt(previous, e));
            throw corrupt;
        }
    }

    /** What {@link #read} would give, without touching anything: also while another process writes, as each step leaves a whole. */
    Optional<Checkpoint> peek() throws IOException {
        Optional<byte[]> newest = disk.read(current);
        try {
            return newest.isEmpty() ? peekPrevious() : Optional.of(CheckpointFormat.read(watcher, newest.get()));
        } catch (UnusableFileException e) {
            Optional<Checkpoint> older = e.isDamaged() ? peekPrevious() : Optional.empty();
            return Optional.of(older.orElseThrow(() -> corrupt(current, e)));
        }
    }

    private Optional<Checkpoint> peekPrevious() throws IOException {
        Optional<byte[]> content = disk.read(previous);
        try {
            return content.isEmpty() ? Optional.empty() : Optional.of(CheckpointFormat.read(watcher, content.get()));
        } catch (UnusableFileException e) {
            throw corrupt(previous, e);
        }
    }

    private CorruptCheckpointException corrupt(Path file, UnusableFileException reason) {
        String remedy = reason.isDamaged()
                ? " Restore it from a backup, or delete the checkpoint to begin anew, which leaves out what happened since."
                : "";
        return new CorruptCheckpointException(
                "Cannot load the checkpoint of watcher '" + watcher + "': " + file + " " + reason.getMessage() + "."
                        + remedy,
                reason);
    }

    void write(Checkpoint checkpoint) throws IOException {
        writeTemporary(CheckpointFormat.write(watcher, checkpoint));
        try {
            disk.move(current, previous);
        } catch (NoSuchFileException firstCheckpoint) {
            // Nor is there one after a crash between the moves, and after damage.
        }
        disk.move(temporary, current);
        disk.forceDirectory(directory);
    }

    private void writeTemporary(byte[] content) throws IOException {
        try (Disk.NewFile file = disk.create(temporary)) {
            file.write(content);
            file.force();
        } catch (IOException e) {
            deleteTemporary(e);
            throw e;
        }
    }

    /** Half a file on a full disk takes room that somebody may need. */
    private void deleteTemporary(IOException reason) {
        try {
            disk.delete(temporary);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    /** The older first, and for good: it must not come back once the newer is gone. */
    void delete() throws IOException {
        disk.delete(temporary);
        disk.delete(previous);
        disk.forceDirectory(directory);
        disk.delete(current);
        disk.forceDirectory(directory);
    }
}
