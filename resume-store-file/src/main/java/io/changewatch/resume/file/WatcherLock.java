package io.changewatch.resume.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.changewatch.resume.StoreLockedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a second writer from a watcher's files, in this process or another. A process that ends, be it killed, frees it.
 *
 * <p>The file stays: one that is removed could be locked by two, each with another file of that name.
 *
 * <p>Not thread-safe: {@link WatcherPlace} guards it.
 */
final class WatcherLock implements Closeable {

    /**
     * What this process holds. Static, because on POSIX a process loses its lock when it closes any channel of the file: a
     * second store must not even open it.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** Behind the text, because on Windows nobody else may read what is locked. */
    private static final long LOCKED_BYTE = 1L << 30;

    private static final int LONGEST_NOTE = 40;

    private final Path file;
    private final FileChannel channel;
    private final Optional<Object> key;

    private WatcherLock(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        this.key = key(file);
    }

    /** What tells the file from another one of its name; empty where the system has no such thing. */
    private static Optional<Object> key(Path file) throws IOException {
        return Optional.ofNullable(
                Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    }

    /**
     * Takes the lock and notes the process in it.
     *
     * @throws StoreLockedException if another store has it
     */
    static WatcherLock acquire(Path directory, String watcher) throws IOException {
        Path file = file(directory.toRealPath(), watcher);
        if (!HELD.add(file)) {
            throw locked(watcher, file, "another store of this process");
        }
        try {
            return lock(file, watcher);
        } catch (IOException | RuntimeException | Error e) {
            HELD.remove(file);
            throw e;
        }
    }

    private static WatcherLock lock(Path file, String watcher) throws IOException {
        FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE);
        try {
            lock(channel, file, watcher);
            return new WatcherLock(file, channel);
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    private static void lock(FileChannel channel, Path file, String watcher) throws IOException {
        try {
            if (channel.tryLock(LOCKED_BYTE, 1, false) == null) {
                throw locked(watcher, file, holder(channel));
            }
        } catch (OverlappingFileLockException otherClassLoader) {
            throw locked(watcher, file, "another application in this process");
        }
        channel.truncate(0).write(UTF_8.encode("pid " + ProcessHandle.current().pid() + "\n"), 0);
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer note = ByteBuffer.allocate(LONGEST_NOTE);
        channel.read(note, 0);
        String text = UTF_8.decode(note.flip()).toString().strip();
        return text.isEmpty() ? "another process" : "another process (" + text + ")";
    }

    private static StoreLockedException locked(String watcher, Path file, String holder) {
        return new StoreLockedException(
                "Cannot take the place of watcher '" + watcher + "': " + file + " is locked by " + holder
                        + ". Stop the other watcher of this name, or give this one another name or directory.",
                null);
    }

    /** Whether the file is still the one that is locked: one that was removed keeps nobody out. */
    boolean isInPlace() throws IOException {
        try {
            return key.equals(key(file));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** The refusal of a watcher that shares the store, and so the lock, with the one that has it. */
    static StoreLockedException refusing(Path directory, String watcher) {
        return locked(watcher, file(directory, watcher), "another watcher of this store");
    }

    private static Path file(Path directory, String watcher) {
        return directory.resolve(WatcherFileName.of(watcher) + ".lock");
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            HELD.remove(file);
        }
    }
}
