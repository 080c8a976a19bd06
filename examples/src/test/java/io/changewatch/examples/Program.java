package io.changewatch.examples;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * An example in a Java process of its own, as somebody starts it from a shell: what it prints, and how it ends.
 *
 * <p>Used by the test's thread.
 */
final class Program implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Process process;
    private final Thread reader = new Thread(this::read, "output of an example");
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private Program(Process process) {
        this.process = process;
    }

    /** Starts the main method of {@code example} in {@code folder}. */
    static Program start(Path folder, Class<?> example, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1", // it lives for a second
                "-cp",
                System.getProperty("java.class.path"),
                example.getName()));
        command.addAll(List.of(arguments));
        Program program = new Program(new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start());
        program.reader.setDaemon(true);
        program.reader.start();
        return program;
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            output.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            lines.add("(output ended: " + e + ")");
        }
    }

    /** Waits until a line contains {@code text}. */
    Program prints(String text) {
        try {
            await().pollDelay(Duration.ZERO)
                    .atMost(LIMIT)
                    .until(() -> lines.stream().anyMatch(line -> line.contains(text)));
            return this;
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("No line with '" + text + "' in:\n" + String.join("\n", lines), e);
        }
    }

    /** Waits until the stream is open on the server. */
    Program watches(String what) {
        return prints("Watching " + what);
    }

    /** The lines that contain {@code text}, so far. */
    List<String> linesWith(String text) {
        return lines.stream().filter(line -> line.contains(text)).toList();
    }

    /** Sends what Ctrl-C sends, and waits for the end. */
    Program stop() throws InterruptedException {
        process.toHandle().destroy(); // Process.destroy() would also close the output, unread
        return ends();
    }

    /** Waits until the process has ended by itself. */
    Program ends() throws InterruptedException {
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("Still running after " + LIMIT + ":\n" + String.join("\n", lines));
        }
        reader.join(LIMIT.toMillis());
        return this;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
