package io.changewatch.resume.file;

import io.changewatch.resume.StoreLockedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A JVM of its own that uses the store until it is killed. */
final class OtherProcess implements AutoCloseable {

    /** How it ends if another store holds the watcher. */
    static final int REFUSED = 3;

    private final Process process;
    private final BufferedReader output;

    private OtherProcess(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Saves 1, 2, 3 … and prints each number once it is saved. */
    static OtherProcess saving(Path directory, String watcher) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new OtherProcess(new ProcessBuilder(List.of(
                        java,
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherProcess.class.getName(),
                        directory.toString(),
                        watcher))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    public static void main(String[] arguments) {
        FileResumeTokenStore store = FileResumeTokenStore.in(Path.of(arguments[0]));
        try {
            for (int number = 1; true; number++) {
                store.save(arguments[1], Checkpoints.number(number));
                System.out.println(number);
            }
        } catch (StoreLockedException e) {
            System.exit(REFUSED);
        }
    }

    long pid() {
        return process.pid();
    }

    /** Waits until so many have been saved. */
    void awaitSaved(int number) throws IOException {
        String line = output.readLine();
        while (line != null && Integer.parseInt(line) < number) {
            line = output.readLine();
        }
        if (line == null) {
            throw new IllegalStateException("The other process ended before it had saved number " + number + ".");
        }
    }

    /** Waits until it ends by itself. */
    int exitCode() throws InterruptedException {
        return process.waitFor();
    }

    /** Ends it as {@code kill -9} does, and returns the last number that it was told is saved. */
    int kill() throws IOException, InterruptedException {
        process.toHandle().destroyForcibly(); // the method of the process would close its output
        process.waitFor();
        int last = 0;
        for (String line : output.lines().toList()) {
            last = line.isEmpty() ? last : Integer.parseInt(line);
        }
        return last;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
