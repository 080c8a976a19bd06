package io.changewatch.resume.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The few things that are done to files, each a step after which the machine may fail: a test fails it there.
 *
 * <p>Implementations are thread-safe.
 */
interface Disk {

    /** Creates a directory with all above it, durably; does nothing if it is there. */
    void createDirectories(Path directory) throws IOException;

    /** The content of a file, cut after what no record exceeds; empty if there is no such file. */
    Optional<byte[]> read(Path file) throws IOException;

    /** The same of a file that may be large. */
    Optional<byte[]> readWhole(Path file) throws IOException;

    /** Whether there is a file of that name. */
    boolean exists(Path file) throws IOException;

    /** The names in a directory, in no order; none where there is no directory. */
    List<String> names(Path directory) throws IOException;

    /** Begins a file, emptying the one that is there. */
    NewFile create(Path file) throws IOException;

    /** Gives a file another name in one step, replacing the one that has it. */
    void move(Path from, Path to) throws IOException;

    /** Removes a file; does nothing if there is none. */
    void delete(Path file) throws IOException;

    /** Returns when a crash no longer undoes what was moved, created or removed in this directory. */
    void forceDirectory(Path directory) throws IOException;

    /** A file being written, by one thread. */
    interface NewFile extends Closeable {
        void write(byte[] content) throws IOException;

        /** Returns when a crash no longer undoes what was written. */
        void force() throws IOException;

        @Override
        void close() throws IOException;
    }
}
