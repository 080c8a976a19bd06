package io.changewatch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The temporary folder of a set of mongod processes, with a reaper that outlives this process.
 *
 * <p>A shutdown hook does not run when a JVM is killed, which is what a build does to a test run that hangs. So a small
 * shell process waits for the end of its standard input, which the operating system closes however this process ends: then
 * it kills the processes that are noted as files {@code <process id>.pid} and removes the folder. The note goes when its
 * process has ended, so a number is not used after the system may have given it to another process.
 *
 * <p>Thread-safe.
 */
final class MongodFolder {

    private static final Duration REMOVAL_LIMIT = Duration.ofSeconds(20);

    /** Ctrl-C reaches every process of the terminal; the reaper has to outlive it. */
    private static final String REAPER = """
            trap '' HUP INT TERM
            while read -r _; do :; done
            for file in "$1"/*.pid; do
              [ ! -e "$file" ] || kill -KILL "$(basename "$file" .pid)"
            done
            rm -rf "$1" || { sleep 1; rm -rf "$1"; }
            """;

    private final Path path;
    private final Process reaper;

    private MongodFolder(Path path, Process reaper) {
        this.path = path;
        this.reaper = reaper;
    }

    static MongodFolder create() {
        try {
            Path path = Files.createTempDirectory("changewatch-mongod-");
            Process reaper = new ProcessBuilder("bash", "-c", REAPER, "changewatch-reaper", path.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new MongodFolder(path, reaper);
        } catch (IOException failed) {
            throw new TestServerException(
                    "Cannot prepare a temporary folder for mongod: " + failed.getMessage()
                            + ". Check that java.io.tmpdir is writable and that bash is on the PATH.",
                    failed);
        }
    }

    Path path() {
        return path;
    }

    Path dataOf(int member) {
        try {
            return Files.createDirectories(path.resolve("member-" + member));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    Path logOf(int member) {
        return path.resolve("member-" + member + ".log");
    }

    /** Writes the secret that the members of a set with authentication share; mongod demands that only its owner reads it. */
    Path keyFile() {
        Path keyFile = path.resolve("keyfile");
        try {
            Files.writeString(keyFile, "changewatchTestKey");
            Files.setPosixFilePermissions(keyFile, PosixFilePermissions.fromString("rw-------"));
            return keyFile;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    void noteStarted(ProcessHandle process) {
        try {
            Files.createFile(noteOf(process));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        // Whoever stops a process on purpose takes the note away too; this is for one that ends by itself.
        CompletableFuture<Void> unused = process.onExit().thenAccept(this::noteEnded);
    }

    void noteEnded(ProcessHandle process) {
        try {
            Files.deleteIfExists(noteOf(process));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private Path noteOf(ProcessHandle process) {
        return path.resolve(process.pid() + ".pid");
    }

    /** Lets the reaper do its work now, and waits for it. */
    void remove() {
        try {
            reaper.getOutputStream().close();
            if (!reaper.waitFor(REMOVAL_LIMIT.toSeconds(), TimeUnit.SECONDS) || Files.exists(path)) {
                throw new TestServerException(
                        "Cannot remove the folder " + path + " of a test server. Remove it by hand.");
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            throw Deadline.interrupted("Interrupted while removing " + path + ".", interrupted);
        }
    }
}
