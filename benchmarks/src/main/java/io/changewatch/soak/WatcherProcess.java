package io.changewatch.soak;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The process of {@link SoakWatcher}, which can be killed, frozen and started again.
 *
 * <p>Used by one thread.
 */
final class WatcherProcess implements AutoCloseable {
    private static final int CLOSES_WITHIN_SECONDS = 60;

    private final String connectionString;
    private final Path folder;
    private Process process;

    private WatcherProcess(String connectionString, Path folder) throws IOException {
        this.connectionString = connectionString;
        this.folder = folder;
        this.process = launch();
    }

    static WatcherProcess start(String connectionString, Path folder) throws IOException {
        return new WatcherProcess(connectionString, folder);
    }

    private Process launch() throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = List.of(
                java.toString(),
                "-Xmx256m",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-Dorg.slf4j.simpleLogger.log.io.changewatch=info",
                "-Dorg.slf4j.simpleLogger.showDateTime=true",
                "-cp",
                System.getProperty("java.class.path"),
                SoakWatcher.class.getName(),
                connectionString,
                folder.toString());
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("watcher.log").toFile()))
                .start();
    }

    /** SIGKILL, and another process at once. */
    void killAndRestart() throws IOException, InterruptedException {
        process.destroyForcibly().waitFor();
        process = launch();
    }

    /** SIGTERM, which closes the watcher, and another process when this one has ended. */
    void terminateAndRestart() throws IOException, InterruptedException {
        terminate();
        process = launch();
    }

    void terminate() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(CLOSES_WITHIN_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "The watcher has not ended within " + CLOSES_WITHIN_SECONDS + " s of SIGTERM.");
        }
    }

    /** SIGSTOP, as a long pause of the machine. */
    void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
