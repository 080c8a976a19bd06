package io.changewatch.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * Finds a mongod by running the project's own {@code scripts/mongod}, which the build copies into this jar: one place knows
 * the order of search, for people and for tests.
 *
 * <p>Thread-safe.
 */
final class MongodFinder {

    private static final String SCRIPT = "mongod";
    // The script may download 150 MB once.
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String REMEDY = "Install MongoDB 6.0 or newer so that mongod is on the PATH, or set "
            + "CHANGEWATCH_MONGOD to the path of a mongod.";

    private final Map<String, String> environment;

    /** Searches with these variables instead of the process's own. */
    MongodFinder(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /**
     * Returns the path of a runnable mongod; blocks for the unpacking when there is none yet.
     *
     * @throws TestServerException if none is found, with the remedy
     */
    Path find() {
        Process search = start();
        String output = outputOf(search);
        if (search.exitValue() != 0) {
            throw new TestServerException(output);
        }
        return Path.of(output.substring(output.lastIndexOf('\n') + 1));
    }

    private Process start() {
        ProcessBuilder search = new ProcessBuilder("bash", "-c", script(), "mongod").redirectErrorStream(true);
        search.environment().clear();
        search.environment().putAll(environment);
        try {
            return search.start();
        } catch (IOException failed) {
            throw new TestServerException(
                    "Cannot find a mongod: bash, which looks for it, does not run. " + REMEDY, failed);
        }
    }

    private static String script() {
        try (InputStream script = MongodFinder.class.getResourceAsStream(SCRIPT)) {
            if (script == null) {
                throw new IllegalStateException(
                        "The testkit jar is incomplete: it holds no " + SCRIPT + ". Build it with Maven.");
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static String outputOf(Process search) {
        CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> read(search));
        try {
            if (!search.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new TestServerException(
                        "Cannot find a mongod: the search took more than " + LIMIT + ". " + REMEDY);
            }
            return output.join().strip();
        } catch (InterruptedException interrupted) {
            throw Deadline.interrupted("Interrupted while looking for a mongod.", interrupted);
        } catch (CompletionException failed) {
            throw new TestServerException("Cannot find a mongod: the search broke off. " + REMEDY, failed);
        } finally {
            search.descendants().forEach(ProcessHandle::destroyForcibly);
            search.destroyForcibly();
        }
    }

    private static String read(Process search) {
        try (InputStream output = search.getInputStream()) {
            return new String(output.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
