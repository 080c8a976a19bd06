package io.changewatch.resume.mongo;

import io.changewatch.deadletter.DeadLetter;
import java.util.Arrays;
import java.util.UUID;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNumber;
import org.bson.BsonString;
import org.bson.RawBsonDocument;

/**
 * How a letter stands in its collection: under {@code _id}, its id, the fields of {@link DeadLetter#header()}, {@code key} if it is
 * of a document, what it is about for people, and {@code event}, its bytes.
 *
 * <p>An event over 8 MiB is cut into documents of its own, {@code {_id, of, parts, number, bytes}},
 * which are written first. The letter then names them: {@code parts}, a random text, so that those of two attempts to park
 * one event are never mixed up, and {@code partCount}.
 *
 * <p>Thread-safe.
 */
final class LetterDocument {
    static final String WATCHER = "watcher";
    static final String KEY = "key";
    static final String EVENT = "event";
    static final String PARTS = "parts";
    static final String PART_OF = "of";
    static final String NUMBER = "number";
    static final String BYTES = "bytes";
    private static final String PART_COUNT = "partCount";

    /** The server takes 16 MiB, but one with a cache of 256 MB refuses the write of so large a document. */
    private static final int LARGEST_INSIDE = 8 << 20;

    private static final int PART_BYTES = 4 << 20;

    private LetterDocument() {}

    static boolean isInParts(DeadLetter letter) {
        return letter.event().getByteLength() > LARGEST_INSIDE;
    }

    static boolean isInParts(BsonDocument document) {
        return document.isString(PARTS);
    }

    /** Everything but the event. */
    static BsonDocument withoutEvent(DeadLetter letter) {
        BsonDocument document = new BsonDocument("_id", new BsonString(letter.id()));
        document.putAll(letter.header());
        letter.key().ifPresent(key -> document.append(KEY, new BsonString(key)));
        letter.namespace().ifPresent(in -> document.append("namespace", new BsonString(in.toString())));
        return document.append("operationType", new BsonString(letter.operationType()));
    }

    static BsonDocument whole(DeadLetter letter) {
        return withoutEvent(letter).append(EVENT, new BsonBinary(bytes(letter.event())));
    }

    static BsonDocument inParts(DeadLetter letter, String parts) {
        return withoutEvent(letter)
                .append(PARTS, new BsonString(parts))
                .append(PART_COUNT, new BsonInt32(partCount(letter)));
    }

    static String newParts() {
        return UUID.randomUUID().toString();
    }

    static int partCount(DeadLetter letter) {
        return (letter.event().getByteLength() + PART_BYTES - 1) / PART_BYTES;
    }

    static BsonDocument part(DeadLetter letter, String parts, int number) {
        byte[] event = bytes(letter.event());
        int begin = number * PART_BYTES;
        byte[] bytes = Arrays.copyOfRange(event, begin, Math.min(event.length, begin + PART_BYTES));
        return new BsonDocument("_id", new BsonString(letter.id() + "/" + parts + "/" + number))
                .append(PART_OF, new BsonString(letter.id()))
                .append(PARTS, new BsonString(parts))
                .append(NUMBER, new BsonInt32(number))
                .append(BYTES, new BsonBinary(bytes));
    }

    /** What a page may count on; 0 where the document is damaged. */
    static long eventBytes(BsonDocument document) {
        return document.get("eventBytes") instanceof BsonNumber number ? number.longValue() : 0;
    }

    private static byte[] bytes(RawBsonDocument event) {
        byte[] bytes = event.getBackingArray();
        int start = event.getByteOffset();
        return event.getByteLength() == bytes.length
                ? bytes
                : Arrays.copyOfRange(bytes, start, start + event.getByteLength());
    }
}
