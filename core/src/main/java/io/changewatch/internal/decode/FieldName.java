package io.changewatch.internal.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The name of a field, as BSON has it: terminated. Compared eight bytes at a time.
 *
 * <p>Immutable and thread-safe.
 */
final class FieldName {
    private static final int WORD = Long.BYTES;

    private final byte[] terminated;
    private final long[] words;
    /** Of the last word, the bytes that belong to the name. */
    private final long lastMask;

    private FieldName(byte[] terminated) {
        this.terminated = terminated;
        this.words = words(terminated);
        this.lastMask = -1L >>> (Byte.SIZE * (words.length * WORD - terminated.length));
    }

    /**
     * A name of a field.
     *
     * @throws IllegalArgumentException if it contains the character 0, which no field's name can
     */
    static FieldName of(String name) {
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("not the name of a field: it contains the character 0");
        }
        return new FieldName((name + '\0').getBytes(StandardCharsets.UTF_8));
    }

    private static long[] words(byte[] bytes) {
        byte[] padded = Arrays.copyOf(bytes, (bytes.length + WORD - 1) / WORD * WORD);
        long[] words = new long[padded.length / WORD];
        Arrays.setAll(words, i -> BsonBytes.int64(padded, i * WORD));
        return words;
    }

    /** Its bytes, with the terminator. */
    int length() {
        return terminated.length;
    }

    /** Whether the name at {@code offset} is this one, and ends before {@code limit}. */
    boolean isAt(byte[] bytes, int offset, int limit) {
        if (limit - offset < terminated.length) {
            return false;
        }
        int last = words.length - 1;
        if (bytes.length - offset < words.length * WORD) { // at the very end of the bytes no word can be read
            return Arrays.equals(bytes, offset, offset + terminated.length, terminated, 0, terminated.length);
        }
        for (int i = 0; i < last; i++) {
            if (BsonBytes.int64(bytes, offset + i * WORD) != words[i]) {
                return false;
            }
        }
        return (BsonBytes.int64(bytes, offset + last * WORD) & lastMask) == words[last];
    }
}
