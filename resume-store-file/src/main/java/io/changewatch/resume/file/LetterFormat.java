package io.changewatch.resume.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.changewatch.deadletter.CorruptLetterException;
import io.changewatch.deadletter.DeadLetter;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import org.jspecify.annotations.Nullable;

/**
 * What is in the file of a letter: two lines of text and the bytes of the event.
 *
 * <pre>
 * changewatch-letter 1
 * {"version": 1, "id": "6a1f…", "watcher": "order-indexer", "reason": "FAILED", …, "checksum": …}
 * the event, in BSON
 * </pre>
 *
 * The second line has checksums of itself and of the event.
 *
 * <p>Thread-safe.
 */
final class LetterFormat {
    private static final byte[] HEADER = "changewatch-letter 1\n".getBytes(UTF_8);
    private static final JsonWriterSettings CANONICAL =
            JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();

    private LetterFormat() {}

    static byte[] write(DeadLetter letter) {
        byte[] line = (letter.header().toJson(CANONICAL) + "\n").getBytes(UTF_8);
        RawBsonDocument event = letter.event();
        return ByteBuffer.allocate(HEADER.length + line.length + event.getByteLength())
                .put(HEADER)
                .put(line)
                .put(event.getBackingArray(), event.getByteOffset(), event.getByteLength())
                .array();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws CorruptLetterException if it is not that, or the letter is another one
     */
    static DeadLetter read(String watcher, String id, byte[] file) {
        int end = lineEnd(file);
        if (end < 0 || !Arrays.equals(file, 0, HEADER.length, HEADER, 0, HEADER.length)) {
            throw corrupt(id, "is damaged, or was written by another version of ChangeWatch", null);
        }
        String line = new String(file, HEADER.length, end - HEADER.length, UTF_8);
        DeadLetter letter = letter(id, line, Arrays.copyOfRange(file, end + 1, file.length));
        if (!letter.id().equals(id) || !letter.watcher().equals(watcher)) {
            throw corrupt(id, "holds another letter, " + letter, null);
        }
        return letter;
    }

    private static int lineEnd(byte[] file) {
        for (int i = HEADER.length; i < file.length; i++) {
            if (file[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static DeadLetter letter(String id, String line, byte[] event) {
        try {
            return DeadLetter.read(BsonDocument.parse(line), event);
        } catch (RuntimeException e) { // damaged JSON makes the parser throw more types than it names
            throw corrupt(id, "is damaged: " + e.getMessage(), e);
        }
    }

    private static CorruptLetterException corrupt(String id, String reason, @Nullable Exception cause) {
        return new CorruptLetterException(id, reason, cause);
    }
}
