package io.changewatch.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads what {@link SoakWatcher} has written. Not thread-safe. */
final class HandledLog {
    private final Path file;

    HandledLog(Path file) {
        this.file = file;
    }

    /**
     * What one process of the watcher has handled.
     *
     * @param closed whether it ended by closing its watcher
     */
    record Life(List<String> handled, boolean closed) {}

    /** The lives so far, in order; a line that is not whole yet is left out. */
    List<Life> lives() throws IOException {
        List<Life> lives = new ArrayList<>();
        List<String> handled = new ArrayList<>();
        boolean closed = false;
        boolean begun = false;
        for (String line : wholeLines()) {
            if (line.equals(SoakWatcher.BEGIN)) {
                if (begun) {
                    lives.add(new Life(handled, closed));
                }
                begun = true;
                handled = new ArrayList<>();
                closed = false;
            } else if (line.equals(SoakWatcher.CLOSED)) {
                closed = true;
            } else {
                handled.add(line);
            }
        }
        if (begun) {
            lives.add(new Life(handled, closed));
        }
        return lives;
    }

    private List<String> wholeLines() throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        String text = Files.readString(file, StandardCharsets.UTF_8);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }
}
