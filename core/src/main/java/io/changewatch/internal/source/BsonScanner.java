package io.changewatch.internal.source;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.bson.BsonType;

/**
 * Walks over the elements of BSON documents without decoding them. Every length is checked against the document around it.
 *
 * <p>Not thread-safe.
 */
final class BsonScanner {
    private static final int SMALLEST_DOCUMENT = 5;
    private static final int REGULAR_EXPRESSION = 0x0B;

    private final byte[] bytes;
    private final ByteBuffer buffer;
    private int position;
    private int nameStart;

    BsonScanner(byte[] bytes) {
        this.bytes = bytes;
        this.buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    int position() {
        return position;
    }

    /** Steps into the document at the present position and returns where it ends: the place of its closing zero. */
    int enterDocument(int limit) {
        int end = endOfDocument(limit) - 1;
        position += Integer.BYTES;
        return end;
    }

    /** Where the document at the present position ends, its closing zero included. */
    private int endOfDocument(int limit) {
        require(SMALLEST_DOCUMENT, limit);
        int length = buffer.getInt(position);
        if (length < SMALLEST_DOCUMENT || length > limit - position || bytes[position + length - 1] != 0) {
            throw malformed("a document with a length of " + length + " bytes");
        }
        return position + length;
    }

    /** Steps to the value of the next element and returns its type, or {@code END_OF_DOCUMENT} after the last. */
    BsonType nextElement(int end) {
        if (position == end) {
            position++;
            return BsonType.END_OF_DOCUMENT;
        }
        BsonType type = BsonType.findByValue(bytes[position]);
        if (type == null || type == BsonType.END_OF_DOCUMENT) {
            throw malformed("an element of the unknown type " + bytes[position]);
        }
        nameStart = ++position;
        skipText(end);
        return type;
    }

    /** The name of the element last stepped to. */
    String name() {
        int end = nameStart;
        while (bytes[end] != 0) {
            end++;
        }
        return new String(bytes, nameStart, end - nameStart, StandardCharsets.UTF_8);
    }

    void skipValue(BsonType type, int end) {
        skip(sizeOf(type, end), end);
        if (type.getValue() == REGULAR_EXPRESSION) {
            skipText(end);
            skipText(end);
        }
    }

    private int sizeOf(BsonType type, int end) {
        return switch (type) {
            case NULL, UNDEFINED, MIN_KEY, MAX_KEY, REGULAR_EXPRESSION, END_OF_DOCUMENT -> 0;
            case BOOLEAN -> 1;
            case INT32 -> Integer.BYTES;
            case DOUBLE, DATE_TIME, TIMESTAMP, INT64 -> Long.BYTES;
            case OBJECT_ID -> 12;
            case DECIMAL128 -> 16;
            case STRING, SYMBOL, JAVASCRIPT -> prefixed(0, end);
            case BINARY -> prefixed(1, end);
            case DB_POINTER -> prefixed(12, end);
            case DOCUMENT, ARRAY -> endOfDocument(end) - position;
            case JAVASCRIPT_WITH_SCOPE -> prefixed(0, end) - Integer.BYTES;
        };
    }

    private int prefixed(int more, int end) {
        require(Integer.BYTES, end);
        int length = buffer.getInt(position);
        if (length < 0 || length > end - position) {
            throw malformed("a value with a length of " + length + " bytes");
        }
        return Integer.BYTES + length + more;
    }

    long readInt64(int end) {
        require(Long.BYTES, end);
        long value = buffer.getLong(position);
        position += Long.BYTES;
        return value;
    }

    String readString(int end) {
        int start = position;
        skip(prefixed(0, end), end);
        int length = position - start - Integer.BYTES - 1;
        if (length < 0) {
            throw malformed("a string without its closing zero");
        }
        return new String(bytes, start + Integer.BYTES, length, StandardCharsets.UTF_8);
    }

    private void skipText(int end) {
        while (position < end && bytes[position] != 0) {
            position++;
        }
        skip(1, end);
    }

    private void skip(int count, int end) {
        require(count, end);
        position += count;
    }

    private void require(int count, int end) {
        if (count < 0 || count > end - position) {
            throw malformed("fewer than " + count + " bytes left of " + (end - position));
        }
    }

    MalformedReplyException malformed(String found) {
        return new MalformedReplyException("Malformed reply: " + found + " at byte " + position + " of " + bytes.length
                + ". The server, or what stands between, does not speak MongoDB's protocol as expected.");
    }
}
