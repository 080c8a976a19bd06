package io.changewatch.examples;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Checkpoints in one properties file: a line for each watcher.
 *
 * <p>Shows what a store has to do, and {@code PropertiesStoreTest} how it is tested. For one process; use
 * {@code FileResumeTokenStore}, which refuses a second one, where you can. Thread-safe.
 */
public final class PropertiesStore implements ResumeTokenStore {
    private final Path file;
    private final ReentrantLock lock = new ReentrantLock();

    /** A store in {@code file}, which is made with the first checkpoint. */
    public PropertiesStore(Path file) {
        this.file = file;
    }

    // @start region="store"
    @Override
    public Optional<Checkpoint> load(String watcher) {
        return locked("load", watcher, () -> held(read(), watcher));
    }

    @Override
    public void save(String watcher, Checkpoint checkpoint) {
        locked("save", watcher, () -> {
            Properties all = read();
            Optional<Checkpoint> held = held(all, watcher);
            if (held.isPresent() && checkpoint.isOlderThan(held.get())) {
                throw StaleCheckpointException.refusing(watcher, file.toString(), checkpoint, held.get());
            }
            all.setProperty(watcher, checkpoint.toJson());
            write(all);
            return checkpoint;
        });
    }

    @Override
    public void delete(String watcher) {
        locked("delete", watcher, () -> {
            Properties all = read();
            all.remove(watcher);
            write(all);
            return watcher;
        });
    }

    private Optional<Checkpoint> held(Properties all, String watcher) {
        try {
            return Optional.ofNullable(all.getProperty(watcher)).map(Checkpoint::fromJson);
        } catch (CorruptCheckpointException e) {
            throw new CorruptCheckpointException(
                    "The checkpoint of watcher '" + watcher + "' in " + file + " cannot be used: " + e.getMessage()
                            + " Restore the file, or delete the line and choose startFrom(...).",
                    e);
        }
    }
    // @end

    private Properties read() throws IOException {
        Properties all = new Properties();
        if (Files.exists(file)) {
            all.load(new StringReader(Files.readString(file)));
        }
        return all;
    }

    /** To the disk first, then into place: a crash leaves the old file or the new one, never half of one. */
    private void write(Properties all) throws IOException {
        StringWriter text = new StringWriter();
        all.store(text, null);
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try (FileChannel channel = FileChannel.open(next, CREATE, WRITE, TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(next, file, ATOMIC_MOVE);
    }

    private <V> V locked(String what, String watcher, Access<V> access) {
        lock.lock();
        try {
            return access.run();
        } catch (IOException | IllegalArgumentException e) {
            throw new StoreException(
                    "Cannot " + what + " the checkpoint of watcher '" + watcher + "' in " + file + ": " + e
                            + ". See that the folder exists and can be written.",
                    e);
        } finally {
            lock.unlock();
        }
    }

    private interface Access<V> {
        V run() throws IOException;
    }
}
