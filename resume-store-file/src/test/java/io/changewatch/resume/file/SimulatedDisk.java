package io.changewatch.resume.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A disk in memory that forgets, at a power cut, what was not forced: the content of a file, and each change of a name, by
 * itself. It can stop the process, or fail, at any step; each byte that is written is a step.
 *
 * <p>Directories are made on the real disk, where the lock is. Not thread-safe.
 */
final class SimulatedDisk implements Disk {

    /** The process is gone: nothing may catch this. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** What a file that was not forced holds after a power cut. */
    enum Unforced {
        NOTHING,
        HALF,
        ZEROS,
        EVERYTHING
    }

    private static final int NEVER = Integer.MAX_VALUE;

    private final Map<Path, Content> names = new HashMap<>();
    private final Map<Path, Content> forcedNames = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<String> log = new ArrayList<>();
    private int steps;
    private int crashAt = NEVER;
    private int failAt = NEVER;

    /** Stops the process before step {@code step} from now, 0 being the next. */
    void crashAt(int step) {
        crashAt = steps + step;
    }

    /** Lets step {@code step} from now fail, 0 being the next. */
    void failAt(int step) {
        failAt = steps + step;
    }

    void work() {
        crashAt = NEVER;
        failAt = NEVER;
    }

    /** What was done, without the single bytes. */
    List<String> log() {
        return log;
    }

    int steps() {
        return steps;
    }

    int unforcedChanges() {
        return changes.size();
    }

    /** The power goes: of the changes of names since they were forced, those that {@code survives} names by index are kept. */
    void cutPower(IntPredicate survives, Unforced content) {
        work();
        names.clear();
        names.putAll(forcedNames);
        for (int i = 0; i < changes.size(); i++) {
            if (survives.test(i)) {
                changes.get(i).applyTo(names);
            }
        }
        names.values().forEach(file -> file.cutPower(content));
        forceNames();
    }

    private void forceNames() {
        changes.clear();
        forcedNames.clear();
        forcedNames.putAll(names);
    }

    private void step() throws IOException {
        int now = steps++;
        if (now >= crashAt) {
            throw new Crash();
        }
        if (now == failAt) {
            throw new IOException("No space left on device");
        }
    }

    private void change(Change change) {
        changes.add(change);
        change.applyTo(names);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        Files.createDirectories(directory);
    }

    @Override
    public Optional<byte[]> read(Path file) throws IOException {
        step();
        return Optional.ofNullable(names.get(file)).map(content -> content.now.toByteArray());
    }

    @Override
    public Optional<byte[]> readWhole(Path file) throws IOException {
        return read(file);
    }

    @Override
    public boolean exists(Path file) throws IOException {
        step();
        return names.containsKey(file);
    }

    @Override
    public List<String> names(Path directory) throws IOException {
        step();
        return names.keySet().stream()
                .filter(file -> directory.equals(file.getParent()))
                .map(file -> file.getFileName().toString())
                .toList();
    }

    @Override
    public NewFile create(Path file) throws IOException {
        step();
        log.add("create " + file.getFileName());
        Content content = new Content();
        change(new Change(null, file, content));
        return new NewFile() {
            @Override
            public void write(byte[] bytes) throws IOException {
                log.add("write " + file.getFileName());
                for (byte next : bytes) {
                    step();
                    content.now.write(next);
                }
            }

            @Override
            public void force() throws IOException {
                step();
                log.add("force " + file.getFileName());
                content.forced = content.now.toByteArray();
            }

            @Override
            public void close() throws IOException {
                step();
            }
        };
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        step();
        if (!names.containsKey(from)) {
            throw new NoSuchFileException(from.toString());
        }
        log.add("move " + from.getFileName() + " " + to.getFileName());
        change(new Change(from, to, names.get(from)));
    }

    @Override
    public void delete(Path file) throws IOException {
        step();
        if (names.containsKey(file)) {
            log.add("delete " + file.getFileName());
            change(new Change(file, null, names.get(file)));
        }
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        step();
        log.add("force directory");
        forceNames();
    }

    private static final class Content {
        private ByteArrayOutputStream now = new ByteArrayOutputStream();
        private byte[] forced = {};

        void cutPower(Unforced unforced) {
            byte[] whole = now.toByteArray();
            byte[] left = switch (unforced) {
                case NOTHING -> new byte[0];
                case HALF -> Arrays.copyOf(whole, whole.length / 2);
                case ZEROS -> new byte[whole.length];
                case EVERYTHING -> whole;
            };
            forced = forced.length == whole.length ? forced : left;
            now = new ByteArrayOutputStream();
            now.writeBytes(forced);
        }
    }

    /** A file gets a name, another name, or none. */
    private record Change(Path from, Path to, Content content) {
        void applyTo(Map<Path, Content> names) {
            if (from != null) {
                names.remove(from, content);
            }
            if (to != null) {
                names.put(to, content);
            }
        }
    }
}
