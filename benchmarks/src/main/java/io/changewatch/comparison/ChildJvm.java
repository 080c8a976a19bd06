package io.changewatch.comparison;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bson.Document;

/**
 * A fresh JVM like this one: the same for every contestant.
 *
 * @param process runs it
 * @param output what it prints
 */
record ChildJvm(Process process, BufferedReader output) {
    /** A heap of a fixed size, so that its growing is not measured. */
    static final List<String> OPTIONS = List.of("-Xms512m", "-Xmx512m");

    private static final int ENDS_WITHIN_SECONDS = 10;

    static ChildJvm start(Class<?> main, String... arguments) throws IOException {
        return start(List.of(), main, arguments);
    }

    /** The same with more options of the JVM. */
    static ChildJvm start(List<String> options, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(options);
        command.addAll(List.of(
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "end-of-child"));
        return new ChildJvm(process, process.inputReader(StandardCharsets.UTF_8));
    }

    /** Waits for the next line that it prints. */
    String line() throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new IllegalStateException("A measuring process has ended early.");
        }
        return line;
    }

    /** Waits for its end; returns the last line it printed. */
    Document result() throws IOException, InterruptedException {
        try {
            List<String> lines = output.lines().toList();
            if (!process.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("A measuring process failed. It printed: " + lines);
            }
            return Wire.read(lines.get(lines.size() - 1));
        } finally {
            process.destroyForcibly();
        }
    }
}
