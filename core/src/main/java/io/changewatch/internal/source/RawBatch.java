package io.changewatch.internal.source;

import io.changewatch.event.ResumeToken;
import java.util.List;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * What the server sent: events as slices of bytes, and the position after the last of them.
 *
 * @param bytes the reply, or the events of several
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

    /** The server has said nothing yet: no events, and no position either. */
    public static final RawBatch NOTHING_YET = new RawBatch(new byte[0], new int[0], null, null);

    /** Events of a source that receives them one by one, put together by copying. */
    static RawBatch of(List<RawBsonDocument> events, @Nullable ResumeToken positionAfter) {
        int[] offsets = new int[events.size()];
        byte[] bytes = new byte
                [events.stream().mapToInt(RawBsonDocument::getByteLength).sum()];
        int end = 0;
        for (int i = 0; i < offsets.length; i++) {
            RawBsonDocument event = events.get(i);
            offsets[i] = end;
            System.arraycopy(event.getBackingArray(), event.getByteOffset(), bytes, end, event.getByteLength());
            end += event.getByteLength();
        }
        return new RawBatch(bytes, offsets, positionAfter, null);
    }

    /** Whether it says nothing about the server: neither what is there, nor that nothing is. */
    @SuppressWarnings("ReferenceEquality") // there is only one
    public boolean isNothingYet() {
        return this == NOTHING_YET;
    }

    /** The same, at a time of the server. */
    RawBatch at(@Nullable BsonTimestamp time) {
        return new RawBatch(bytes, offsets, positionAfter, time);
    }

    /** How many events it holds. */
    public int size() {
        return offsets.length;
    }
}
