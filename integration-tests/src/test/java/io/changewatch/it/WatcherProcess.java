package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;

import io.changewatch.it.WatcherProgram.Trouble;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A {@link WatcherProgram} in a JVM of its own, which can be killed and frozen.
 *
 * <p>Used by the test's thread.
 */
final class WatcherProcess implements AutoCloseable {
    private static final String HANDLED = "handled ";

    private final Process process;
    private final Thread reader = new Thread(this::read, "output of a watcher");
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private WatcherProcess(Process process) {
        this.process = process;
    }

    /** {@code place} is a folder for checkpoints, or {@code mongo}. */
    static WatcherProcess start(String connectionString, String database, String place, Trouble trouble) {
        return start(
                WatcherProgram.class, connectionString, database, place, trouble.kind(), String.valueOf(trouble.at()));
    }

    /** Another program that prints like {@link WatcherProgram}. */
    static WatcherProcess start(Class<?> program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1", // it lives for seconds
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        try {
            WatcherProcess started = new WatcherProcess(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
            started.reader.setDaemon(true);
            started.reader.start();
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            output.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException e) {
            lines.add("(output ended: " + e + ")");
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** The numbers of the documents that its handler was called with, in order. */
    List<Integer> handled() {
        return linesWith(HANDLED).stream()
                .filter(line -> line.startsWith(HANDLED))
                .map(line -> Integer.valueOf(line.substring(HANDLED.length())))
                .toList();
    }

    /** All it has printed so far. */
    List<String> lines() {
        return List.copyOf(lines);
    }

    List<String> linesWith(String text) {
        return lines.stream().filter(line -> line.contains(text)).toList();
    }

    void awaitHandled(int events) {
        awaitLines(HANDLED, events);
    }

    /** Waits until so many lines contain {@code text}. */
    void awaitLines(String text, int count) {
        try {
            eventually(() -> linesWith(text).size() >= count);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("Not " + count + " lines with '" + text + "' in:\n" + others(), e);
        }
    }

    private String others() {
        return String.join(
                "\n", lines.stream().filter(line -> !line.startsWith(HANDLED)).toList());
    }

    /** {@code kill -9}: no handler ends, no hook runs. Returns when it is gone and everything it printed is read. */
    WatcherProcess kill() throws InterruptedException {
        process.toHandle().destroyForcibly(); // Process.destroyForcibly() would also close the output, unread
        awaitEnd();
        return this;
    }

    /** Asks it to end, by SIGTERM; returns its exit code. */
    int terminate() throws InterruptedException {
        process.toHandle().destroy();
        return awaitEnd();
    }

    /** Waits until it has ended; returns its exit code. */
    int awaitEnd() throws InterruptedException {
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("Still running:\n" + others());
        }
        reader.join(LIMIT.toMillis());
        return process.exitValue();
    }

    /** Sends a signal such as {@code STOP}, or whatever else a command does to a process. */
    void run(String... command) throws IOException, InterruptedException {
        Process run = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (run.waitFor() != 0) {
            throw new AssertionError(List.of(command) + " failed: " + output);
        }
    }

    void freeze() throws IOException, InterruptedException {
        run("kill", "-STOP", String.valueOf(pid()));
    }

    void thaw() throws IOException, InterruptedException {
        run("kill", "-CONT", String.valueOf(pid()));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
