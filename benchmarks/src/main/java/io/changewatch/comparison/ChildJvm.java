package io.changewatch.comparison;

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
 */
record ChildJvm(Process process) {
    /** A heap of a fixed size, so that its growing is not measured. */
    static final List<String> OPTIONS = List.of("-Xms512m", "-Xmx512m");

    private static final int ENDS_WITHIN_SECONDS = 10;

    static ChildJvm start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(List.of(
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** Waits for its end; returns the last line it printed. */
    Document result() throws IOException, InterruptedException {
        try {
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("A measuring process failed. It printed: " + printed);
            }
            List<String> lines = printed.lines().toList();
            return Wire.read(lines.get(lines.size() - 1));
        } finally {
            process.destroyForcibly();
        }
    }
}
