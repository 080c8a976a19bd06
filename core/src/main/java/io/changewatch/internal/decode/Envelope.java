package io.changewatch.internal.decode;

import io.changewatch.event.ResumeToken;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonType;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Where the fields of one event are in its bytes.
 *
 * <p>Made by one pass over the top level; nothing is copied and nested documents are not entered. A field that is null
 * counts as absent; of two with the same name the last one counts, as for the driver. It can be used for one event after the
 * other. Not thread-safe.
 */
final class Envelope {
    private static final byte[] NOTHING = new byte[0];

    private final Elements elements = new Elements();
    private final Elements inner = new Elements();
    /** Where each field's value begins, by slot; 0 for an absent one (a value never begins there). */
    private final int[] values = new int[EnvelopeField.COUNT];

    /** The fields in the order in which the event before had them. */
    private final @Nullable EnvelopeField[] order = new EnvelopeField[EnvelopeField.COUNT];

    private byte[] bytes = NOTHING;
    private int start;
    private int end;

    /**
     * Finds the fields of the event at {@code offset}.
     *
     * @throws MalformedBsonException if the bytes are not BSON
     */
    static Envelope scan(byte[] bytes, int offset) {
        Envelope envelope = new Envelope();
        envelope.read(bytes, offset);
        return envelope;
    }

    /** The same for another event. */
    void read(byte[] batch, int offset) {
        Arrays.fill(values, 0);
        bytes = batch;
        start = offset;
        elements.begin(batch, offset, batch.length);
        int place = 0;
        EnvelopeField guess = order[place];
        while (elements.next(guess == null ? null : guess.asName())) {
            EnvelopeField field = elements.isExpected() ? guess : find(place);
            if (field != null) {
                values[field.slot()] = elements.isNull() ? 0 : elements.valueStart();
            }
            place++;
            guess = place < order.length ? order[place] : null;
        }
        end = elements.end();
    }

    /** Servers send the fields of all events of one kind in one order. */
    private @Nullable EnvelopeField find(int place) {
        EnvelopeField field = EnvelopeField.of(bytes, elements.nameStart(), elements.valueStart() - 1);
        if (place < order.length) {
            order[place] = field;
        }
        return field;
    }

    /** Lets go of the bytes. */
    void release() {
        bytes = NOTHING;
        elements.release();
        inner.release();
    }

    /** The whole event, a slice. */
    RawBsonDocument raw() {
        return new RawBsonDocument(bytes, start, end - start);
    }

    /** Where it begins. */
    int start() {
        return start;
    }

    /** The event's position, a slice. */
    ResumeToken token() {
        return ResumeToken.in(bytes, valueOf(EnvelopeField.ID, BsonType.DOCUMENT));
    }

    byte[] bytes() {
        return bytes;
    }

    boolean has(EnvelopeField field) {
        return values[field.slot()] != 0;
    }

    /** Where the value begins, which has to be there and of this type. */
    int valueOf(EnvelopeField field, BsonType expected) {
        int value = values[field.slot()];
        if (value == 0) {
            throw FieldFailure.missing(field.fieldName());
        }
        byte type = bytes[value - field.nameLength() - 2];
        if (type != expected.getValue()) {
            throw FieldFailure.wrongType(field.fieldName(), type, expected);
        }
        return value;
    }

    RawBsonDocument document(EnvelopeField field) {
        return BsonBytes.document(bytes, valueOf(field, BsonType.DOCUMENT));
    }

    BsonDocument documentOrEmpty(EnvelopeField field) {
        return has(field) ? document(field) : new BsonDocument();
    }

    BsonTimestamp timestamp(EnvelopeField field) {
        return new BsonTimestamp(BsonBytes.int64(bytes, valueOf(field, BsonType.TIMESTAMP)));
    }

    Instant instant(EnvelopeField field) {
        return Instant.ofEpochMilli(BsonBytes.int64(bytes, valueOf(field, BsonType.DATE_TIME)));
    }

    long int64(EnvelopeField field) {
        return BsonBytes.int64(bytes, valueOf(field, BsonType.INT64));
    }

    /** A binary of subtype 4. */
    Optional<UUID> uuid(EnvelopeField field) {
        if (!has(field)) {
            return Optional.empty();
        }
        int value = valueOf(field, BsonType.BINARY);
        if (BsonBytes.int32(bytes, value) != 16) {
            throw new FieldFailure(
                    field.fieldName(),
                    "field %s is not a UUID of 16 bytes".formatted(field.fieldName()),
                    "Keep it as the server sends it: no stage may replace it",
                    null);
        }
        return Optional.of(BsonBytes.uuid(bytes, value + Integer.BYTES + 1));
    }

    /** The elements of a document, for a reader that tells nobody which field was damaged; until the next call. */
    Elements walk(EnvelopeField field) {
        inner.begin(bytes, valueOf(field, BsonType.DOCUMENT), end);
        return inner;
    }

    /** The elements of a document. */
    Elements in(EnvelopeField field) {
        return new Elements(bytes, valueOf(field, BsonType.DOCUMENT), end, field.fieldName() + '.');
    }
}
