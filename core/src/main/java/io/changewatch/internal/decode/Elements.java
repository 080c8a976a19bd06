package io.changewatch.internal.decode;

import java.nio.charset.StandardCharsets;
import org.bson.BsonType;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the elements of one document or array, in place.
 *
 * <p>Every length is checked against the document's own end before it is believed, so damaged bytes end in a
 * {@link MalformedBsonException} and never outside the document. Values are not entered but by {@link #enter}: else, a
 * nested document gets an {@code Elements} of its own. Not thread-safe.
 */
class Elements {
    private static final byte[] NOTHING = new byte[0];
    private static final int MINIMAL_DOCUMENT = 5;
    private static final int MINIMAL_CODE_WITH_SCOPE = 14;

    private byte[] bytes;
    private final String path;
    private int start;
    private int terminator;

    private int next;
    private byte type;
    private int nameStart;
    private int valueStart;
    private boolean expected;

    /**
     * The elements of the document at {@code offset}, which has to end before {@code limit}.
     *
     * @param path what precedes a name in messages: empty, or ends in a dot
     */
    Elements(byte[] bytes, int offset, int limit, String path) {
        this.bytes = bytes;
        this.path = path;
        this.start = offset;
        goTo(offset, limit);
    }

    /** A walk over nothing, until {@link #begin}. */
    Elements() {
        this.bytes = NOTHING;
        this.path = "";
        this.next = terminator;
    }

    /** Begins anew, with the document at {@code offset}, which has to end before {@code limit}. */
    void begin(byte[] document, int offset, int limit) {
        bytes = document;
        start = offset;
        goTo(offset, limit);
    }

    /** Lets go of the bytes. */
    void release() {
        bytes = NOTHING;
        next = terminator;
    }

    private void goTo(int offset, int limit) {
        terminator = offset + checkedLength(bytes, offset, limit, path) - 1;
        next = offset + Integer.BYTES;
    }

    /**
     * Goes on with the elements of the value, for a reader that tells nobody which field was damaged.
     *
     * @return what {@link #leave} needs to go on behind the value
     * @throws StepAside if it is of another type
     */
    long enter(byte expected) {
        StepAside.unless(type == expected);
        long outer = (long) terminator << Integer.SIZE | next;
        goTo(valueStart, next);
        return outer;
    }

    void leave(long outer) {
        terminator = (int) (outer >> Integer.SIZE);
        next = (int) outer;
    }

    /** Moves to the next element; {@code false} after the last. */
    boolean next() {
        if (next == terminator) {
            return false;
        }
        type = bytes[next];
        nameStart = next + 1;
        valueStart = afterCString(nameStart);
        next = afterValue();
        return true;
    }

    /** The same, with a guess of its name, which spares looking for the end of the name: {@link #isExpected()} tells whether it was right. */
    boolean next(@Nullable FieldName guess) {
        if (next == terminator) {
            return false;
        }
        type = bytes[next];
        nameStart = next + 1;
        expected = guess != null && guess.isAt(bytes, nameStart, terminator);
        valueStart = expected && guess != null ? nameStart + guess.length() : afterCString(nameStart);
        next = afterValue();
        return true;
    }

    /** Whether the element has the name that was guessed. */
    boolean isExpected() {
        return expected;
    }

    /** Whether there is none, or no more. */
    boolean isEmpty() {
        return next == terminator;
    }

    byte[] bytes() {
        return bytes;
    }

    byte type() {
        return type;
    }

    boolean isNull() {
        return type == BsonType.NULL.getValue();
    }

    boolean isContainer() {
        return type == BsonType.DOCUMENT.getValue() || type == BsonType.ARRAY.getValue();
    }

    /** Where the element begins: its type byte. */
    int elementStart() {
        return nameStart - 1;
    }

    int nameStart() {
        return nameStart;
    }

    int valueStart() {
        return valueStart;
    }

    int valueEnd() {
        return next;
    }

    /** Where the document ends, its terminator included. */
    int end() {
        return terminator + 1;
    }

    boolean isNamed(FieldName name) {
        return name.isAt(bytes, nameStart, valueStart);
    }

    String name() {
        return new String(bytes, nameStart, valueStart - 1 - nameStart, StandardCharsets.UTF_8);
    }

    String string() {
        return BsonBytes.string(bytes, valueOf(BsonType.STRING));
    }

    int int32() {
        return BsonBytes.int32(bytes, valueOf(BsonType.INT32));
    }

    RawBsonDocument document() {
        return BsonBytes.document(bytes, valueOf(BsonType.DOCUMENT));
    }

    /** The elements of the value, which has to be a document. */
    Elements inDocument() {
        return new Elements(bytes, valueOf(BsonType.DOCUMENT), next, path + name() + '.');
    }

    /** The elements of the value, which has to be an array. */
    Elements inArray() {
        return new Elements(bytes, valueOf(BsonType.ARRAY), next, path + name() + '.');
    }

    private int valueOf(BsonType expected) {
        if (type != expected.getValue()) {
            throw FieldFailure.wrongType(path + name(), type, expected);
        }
        return valueStart;
    }

    private static int checkedLength(byte[] bytes, int offset, int limit, String path) {
        int available = limit - offset;
        if (offset < 0 || available < MINIMAL_DOCUMENT) {
            throw malformed(path, "a document needs 5 bytes, " + Math.max(available, 0) + " are there");
        }
        int length = BsonBytes.int32(bytes, offset);
        if (length < MINIMAL_DOCUMENT || length > available) {
            throw malformed(path, "a document of " + length + " bytes where " + available + " are there");
        }
        if (bytes[offset + length - 1] != 0) {
            throw malformed(path, "a document of " + length + " bytes without its terminator");
        }
        return length;
    }

    private int afterCString(int from) {
        for (int i = from; i < terminator; i++) {
            if (bytes[i] == 0) {
                return i + 1;
            }
        }
        throw malformed(path, "a name without its terminator at byte " + (from - start));
    }

    private int afterValue() {
        long end = valueStart + valueLength();
        if (end > terminator) {
            throw tooLong();
        }
        return (int) end;
    }

    private long valueLength() {
        return switch (type) {
            case 0x06, 0x0A, 0x7F, -1 -> 0; // undefined, null, max key, min key
            case 0x08 -> 1; // boolean
            case 0x10 -> 4; // int32
            case 0x01, 0x09, 0x11, 0x12 -> 8; // double, date, timestamp, int64
            case 0x07 -> 12; // object id
            case 0x13 -> 16; // decimal128
            case 0x02, 0x0D, 0x0E -> 4L + length(1); // string, code, symbol
            case 0x0C -> 4L + length(1) + 12; // DB pointer
            case 0x05 -> 5L + length(0); // binary
            case 0x03, 0x04 -> length(MINIMAL_DOCUMENT); // document, array
            case 0x0F -> length(MINIMAL_CODE_WITH_SCOPE);
            case 0x0B -> afterCString(afterCString(valueStart)) - valueStart; // regular expression
            default -> throw malformed(path, "unknown type 0x%02x at byte %d".formatted(type, elementStart() - start));
        };
    }

    private int length(int minimum) {
        if (terminator - valueStart < 4) {
            throw tooLong();
        }
        int length = BsonBytes.int32(bytes, valueStart);
        if (length < minimum) {
            throw malformed(path, "a length of " + length + " at byte " + (valueStart - start));
        }
        return length;
    }

    private MalformedBsonException tooLong() {
        return malformed(path, "a value beyond the end of its document at byte " + (valueStart - start));
    }

    private static MalformedBsonException malformed(String path, String reason) {
        return new MalformedBsonException(path.isEmpty() ? path : path.substring(0, path.length() - 1), reason);
    }
}
