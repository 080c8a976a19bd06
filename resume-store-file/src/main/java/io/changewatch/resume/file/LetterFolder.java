package io.changewatch.resume.file;

import io.changewatch.deadletter.CorruptLetterException;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of one watcher's letters. A letter is written beside its name, forced, and then given the name, so a crash leaves it
 * whole or not at all; what it leaves beside is overwritten when the event comes again.
 *
 * <p>Not thread-safe: {@link FileDeadLetterStore} guards what writes.
 */
final class LetterFolder {
    private static final String ENDING = ".letter";

    private final Disk disk;
    private final String watcher;
    private final Path folder;

    LetterFolder(Disk disk, Path directory, String watcher) {
        this.disk = disk;
        this.watcher = watcher;
        this.folder = directory.resolve(WatcherFileName.of(watcher) + ".letters");
    }

    Path path() {
        return folder;
    }

    private Path file(String id) {
        return folder.resolve(id + ENDING);
    }

    boolean park(DeadLetter letter) throws IOException {
        disk.createDirectories(folder);
        boolean isNew = !disk.exists(file(letter.id()));
        if (isNew) {
            write(letter);
        }
        disk.forceDirectory(folder); // the name of one that is there may be from before a crash, and not be forced yet
        return isNew;
    }

    boolean replace(DeadLetter letter) throws IOException {
        if (!disk.exists(file(letter.id()))) {
            return false;
        }
        write(letter);
        disk.forceDirectory(folder);
        return true;
    }

    private void write(DeadLetter letter) throws IOException {
        Path temporary = folder.resolve(letter.id() + ".tmp");
        try (Disk.NewFile file = disk.create(temporary)) {
            file.write(LetterFormat.write(letter));
            file.force();
        } catch (IOException e) {
            deleteHalf(temporary, e);
            throw e;
        }
        disk.move(temporary, file(letter.id()));
    }

    /** Half a file on a full disk takes room that somebody may need. */
    private void deleteHalf(Path temporary, IOException reason) {
        try {
            disk.delete(temporary);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    boolean remove(String id) throws IOException {
        if (!disk.exists(file(id))) {
            return false;
        }
        disk.delete(file(id));
        disk.forceDirectory(folder);
        return true;
    }

    /** The ids of all letters in the order of the stream. */
    Stream<String> ids() throws IOException {
        return disk.names(folder).stream()
                .filter(name -> name.endsWith(ENDING))
                .map(name -> name.substring(0, name.length() - ENDING.length()))
                .filter(DeadLetter::isId)
                .sorted();
    }

    Optional<DeadLetter> find(String id) throws IOException {
        Optional<byte[]> content = disk.readWhole(file(id));
        try {
            return content.map(bytes -> LetterFormat.read(watcher, id, bytes));
        } catch (CorruptLetterException e) {
            throw new CorruptLetterException(
                    id,
                    "Cannot read the letter in " + file(id) + ": it " + e.getMessage()
                            + ". Restore the file from a backup, or drop the letter, which loses its event.",
                    e);
        }
    }

    List<DeadLetter> page(String after, int limit) throws IOException {
        List<DeadLetter> page = new ArrayList<>();
        long bytes = 0;
        for (String id :
                ids().filter(id -> id.compareTo(after) > 0).limit(limit).toList()) {
            Optional<DeadLetter> letter = findUnlessDamagedBehind(page, id);
            if (letter.isPresent()) {
                bytes += letter.get().event().getByteLength();
            }
            boolean isFull = !page.isEmpty() && bytes > DeadLetterStore.PAGE_BYTES;
            if (isFull || (letter.isEmpty() && !page.isEmpty())) {
                return page;
            }
            letter.ifPresent(page::add);
        }
        return page;
    }

    /** A page ends before a damaged letter. */
    private Optional<DeadLetter> findUnlessDamagedBehind(List<DeadLetter> page, String id) throws IOException {
        try {
            return find(id);
        } catch (CorruptLetterException e) {
            if (page.isEmpty()) {
                throw e;
            }
            return Optional.empty();
        }
    }
}
