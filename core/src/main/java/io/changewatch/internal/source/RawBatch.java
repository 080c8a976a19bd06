package io.changewatch.internal.source;

import io.changewatch.event.ResumeToken;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * One reply of the server: events as slices of its bytes, and the position after the last of them.
 *
 * @param bytes the reply
 * @param offsets where each event begins in {@code bytes}; a BSON document knows its own length
 * @param positionAfter the post-batch resume token; null where the server sends none
 * @param operationTime the server's logical time of the reply; null where the server sends none
 */
@SuppressWarnings("ArrayRecordComponent") // a record for its accessors; never compared
public record RawBatch(
        byte[] bytes,
        int[] offsets,
        @Nullable ResumeToken positionAfter,
        @Nullable BsonTimestamp operationTime) {

    /** How many events it holds. */
    public int size() {
        return offsets.length;
    }
}
