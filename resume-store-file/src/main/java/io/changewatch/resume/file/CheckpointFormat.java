package io.changewatch.resume.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * What is in a checkpoint file: three lines of text.
 *
 * <pre>
 * changewatch-checkpoint 1 order-indexer
 * {"version": {"$numberInt": "1"}, "token": {"_data": "8263…"}, …}
 * crc32c 1a2b3c4d
 * </pre>
 *
 * The last line covers all bytes before it, so a file that is cut, changed or not ours is known before anything in it is
 * believed. A file that is whole but names another watcher or a later version was put there by someone: that is refused
 * with another message than damage, and the previous generation does not stand in for it.
 *
 * <p>Thread-safe.
 */
final class CheckpointFormat {

    private static final String HEADER = "changewatch-checkpoint 1 ";
    private static final String TRAILER = "crc32c %08x\n";
    private static final int TRAILER_LENGTH = TRAILER.formatted(0).length();

    private CheckpointFormat() {}

    static byte[] write(String watcher, Checkpoint checkpoint) {
        String content = HEADER + WatcherFileName.escape(watcher) + "\n" + checkpoint.toJson() + "\n";
        return (content + trailer(content.getBytes(UTF_8))).getBytes(UTF_8);
    }

    /** Reads what {@link #write} wrote. */
    static Checkpoint read(String watcher, byte[] file) throws UnusableFileException {
        String[] lines = verified(file).split("\n", -1);
        String header = lines[0];
        if (!header.startsWith(HEADER)) {
            throw UnusableFileException.misplaced(
                    "begins with '" + header + "', which this ChangeWatch does not read. Use the"
                            + " version of ChangeWatch that wrote it, or a newer one");
        }
        if (!header.equals(HEADER + WatcherFileName.escape(watcher))) {
            throw UnusableFileException.misplaced("belongs to watcher '" + header.substring(HEADER.length())
                    + "'. Put the right file in its place, or delete the checkpoint to begin anew");
        }
        return checkpoint(lines);
    }

    private static String verified(byte[] file) throws UnusableFileException {
        byte[] content = Arrays.copyOf(file, Math.max(file.length - TRAILER_LENGTH, 0));
        byte[] trailer = Arrays.copyOfRange(file, content.length, file.length);
        if (!Arrays.equals(trailer, trailer(content).getBytes(UTF_8))) {
            throw UnusableFileException.damaged(
                    "is damaged or was not written by ChangeWatch: its checksum does not fit");
        }
        return new String(content, UTF_8);
    }

    private static Checkpoint checkpoint(String[] lines) throws UnusableFileException {
        try {
            return Checkpoint.fromJson(lines.length > 1 ? lines[1] : "");
        } catch (CorruptCheckpointException e) {
            throw UnusableFileException.misplaced("holds something else than a checkpoint: " + e.getMessage());
        }
    }

    private static String trailer(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        return TRAILER.formatted(crc.getValue());
    }
}
