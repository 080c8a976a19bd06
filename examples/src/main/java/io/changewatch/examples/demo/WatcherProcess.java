package io.changewatch.examples.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The watcher in a process of its own.
 *
 * <p>Not thread-safe.
 */
final class WatcherProcess implements AutoCloseable {
    private final Process process;

    private WatcherProcess(Process process) {
        this.process = process;
    }

    static WatcherProcess start(String connectionString, String database, Path folder) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                OrderWatcher.class.getName(),
                connectionString,
                database,
                folder.toString());
        Process process = new ProcessBuilder(command).inheritIO().start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "end-watcher"));
        return new WatcherProcess(process);
    }

    /** {@code kill -9}: no handler, no shutdown hook, no last checkpoint. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Asks it to end, as an application is asked; returns its exit code. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(15, TimeUnit.SECONDS)) {
            throw new IllegalStateException("The watching process did not stop within 15 s of being asked to.");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
