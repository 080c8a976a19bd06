package io.changewatch.event;

import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;

/**
 * Moves the parts of one event that are slices of its batch to a copy of the event's bytes.
 *
 * <p>Immutable and thread-safe.
 */
final class OwnBytes {
    private final byte[] batch;
    private final byte[] own;
    private final int start;

    private OwnBytes(byte[] batch, byte[] own, int start) {
        this.batch = batch;
        this.own = own;
        this.start = start;
    }

    /** For the parts of the event whose whole is {@code event}; where that is no slice, nothing is moved. */
    static OwnBytes of(BsonDocument event) {
        if (!(event instanceof RawBsonDocument raw)) {
            return new OwnBytes(new byte[0], new byte[0], 0);
        }
        byte[] batch = raw.getBackingArray();
        int start = raw.getByteOffset();
        return new OwnBytes(batch, Arrays.copyOfRange(batch, start, start + raw.getByteLength()), start);
    }

    /** The same value in the event's own bytes if it is a slice of the batch; otherwise the value itself. */
    @SuppressWarnings("unchecked") // a RawBsonDocument for a RawBsonDocument
    <V> V move(V value) {
        return value instanceof RawBsonDocument raw && raw.getBackingArray() == batch
                ? (V) new RawBsonDocument(own, raw.getByteOffset() - start, raw.getByteLength())
                : value;
    }

    <V> Optional<V> move(Optional<V> value) {
        return value.map(this::move);
    }
}
