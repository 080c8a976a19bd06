package io.changewatch.resume.file;

import io.changewatch.ConfigurationException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Tells what somebody has to change before files can be kept in a directory from what may pass by itself, such as a full disk.
 *
 * <p>Looks at the directory after a failure: the messages of the system are in its user's language.
 *
 * <p>Thread-safe.
 */
final class DirectoryFault {

    private DirectoryFault() {}

    /** What to throw instead of {@code failure}; empty where it may pass. */
    static Optional<ConfigurationException> of(String watcher, Path directory, IOException failure) {
        return reason(directory, failure)
                .map(reason -> new ConfigurationException(
                        "Cannot keep the checkpoint of watcher '" + watcher + "' in " + directory + ": " + reason,
                        failure));
    }

    /** What somebody has to change, as the end of a sentence; empty where it may pass. */
    static Optional<String> reason(Path directory, IOException failure) {
        Path existing = existing(directory);
        if (!Files.isDirectory(existing)) {
            return Optional.of(existing + " is not a directory. Remove it, or give the store another directory.");
        }
        if (!Files.isWritable(existing)) {
            return Optional.of(
                    "this process may not write in " + existing
                            + ". Mount it writable, give this process's user the right to write there, or give the store another directory.");
        }
        return failure instanceof AccessDeniedException denied
                ? Optional.of("this process may not read and write " + denied.getFile()
                        + ". Give it to this process's user, or give the store another directory.")
                : Optional.empty();
    }

    /** The directory itself, or what is there of the way to it. */
    private static Path existing(Path directory) {
        Path path = directory;
        while (!Files.exists(path) && path.getParent() != null) {
            path = path.getParent();
        }
        return path;
    }
}
