package io.changewatch.resume.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.HistoryPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Earlier checkpoints of one watcher: a line for each, the newest first, with the checksum that each has in itself.
 *
 * <p>Written when a checkpoint is due for it, which is seldom, and replaced as a whole. What goes wrong with it is logged and
 * disturbs no save.
 *
 * <p>Not thread-safe: {@link WatcherPlace} guards it.
 */
final class HistoryFile {

    private static final Logger LOG = LoggerFactory.getLogger(FileResumeTokenStore.class);

    private final Disk disk;
    private final String watcher;
    private final Path directory;
    private final Path file;
    private final Path temporary;
    private final HistoryPolicy policy;
    private @Nullable Instant newest;

    HistoryFile(Disk disk, Path directory, String watcher, HistoryPolicy policy) {
        String name = WatcherFileName.of(watcher);
        this.disk = disk;
        this.watcher = watcher;
        this.directory = directory;
        this.file = directory.resolve(name + ".history");
        this.temporary = directory.resolve(name + ".historytmp");
        this.policy = policy;
    }

    /** A checkpoint was saved. */
    void saved(Checkpoint checkpoint) {
        if (!policy.isDue(Optional.ofNullable(newest), checkpoint)) {
            return;
        }
        newest = checkpoint.savedAt(); // also after a failure, which is not tried again with each save
        try {
            write(policy.add(read(), checkpoint));
        } catch (IOException e) {
            LOG.warn("{}: cannot keep the history in {}; trying again when the next one is due.", watcher, file, e);
        }
    }

    List<Checkpoint> read() throws IOException {
        Optional<byte[]> content = disk.read(file);
        List<Checkpoint> history = new ArrayList<>();
        for (String line : content.map(bytes -> new String(bytes, UTF_8))
                .orElse("")
                .lines()
                .toList()) {
            try {
                history.add(Checkpoint.fromJson(line));
            } catch (CorruptCheckpointException e) {
                LOG.warn("{}: {} has a line that is damaged; leaving it out.", watcher, file, e);
            }
        }
        return List.copyOf(history);
    }

    private void write(List<Checkpoint> history) throws IOException {
        String lines = history.stream().map(Checkpoint::toJson).collect(Collectors.joining("\n", "", "\n"));
        try (Disk.NewFile next = disk.create(temporary)) {
            next.write(lines.getBytes(UTF_8));
            next.force();
        }
        disk.move(temporary, file);
        disk.forceDirectory(directory);
    }

    /** Touches nothing where no history is kept. */
    void delete() throws IOException {
        newest = null;
        if (disk.read(file).isPresent()) {
            disk.delete(file);
            disk.forceDirectory(directory);
        }
    }
}
