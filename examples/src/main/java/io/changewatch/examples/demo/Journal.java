package io.changewatch.examples.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * What the watching process handled, one line each. A line reaches the operating system before its event counts as
 * handled, so that it survives the process.
 *
 * <p>Not thread-safe.
 */
final class Journal implements AutoCloseable {
    private final OutputStream lines;

    private Journal(OutputStream lines) {
        this.lines = lines;
    }

    static Journal appendTo(Path file) throws IOException {
        return new Journal(Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /**
     * One line.
     *
     * @param latencyMicros from before the write to the handler
     * @param handledAtMicros when it was handled
     */
    record Entry(Change change, long latencyMicros, long handledAtMicros) {

        private static Entry parse(String line) {
            String[] parts = line.split(" ", -1);
            Change change = new Change(parts[0], Long.parseLong(parts[1]), Integer.parseInt(parts[2]));
            return new Entry(change, Long.parseLong(parts[3]), Long.parseLong(parts[4]));
        }

        private String format() {
            return "%s %d %d %d %d%n"
                    .formatted(change.operation(), change.order(), change.version(), latencyMicros, handledAtMicros);
        }
    }

    void handled(Change change, long writtenAtMicros) throws IOException {
        long now = nowMicros();
        lines.write(new Entry(change, now - writtenAtMicros, now).format().getBytes(StandardCharsets.UTF_8));
    }

    static List<Entry> read(Path file) {
        try {
            return Files.exists(file)
                    ? Files.readAllLines(file).stream().map(Entry::parse).toList()
                    : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static long nowMicros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
