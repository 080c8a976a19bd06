package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;

/**
 * An event in the feed's own order.
 *
 * @param sequence counts the feed's events from 1; one is left out where the stream has a gap
 * @param receivedNanos when the feed received it, by its ticker
 */
record FeedEvent<T>(long sequence, ChangeEvent<T> event, long receivedNanos) {

    /** What an event takes beside its bytes: records, decoded document, references. */
    private static final int OVERHEAD = 512;

    ResumeToken token() {
        return event.resumeToken();
    }

    /** About how much memory it holds. */
    long size() {
        return (long) OVERHEAD + size(event.raw());
    }

    private static int size(BsonDocument raw) {
        return raw instanceof RawBsonDocument bytes ? bytes.getByteLength() : 0;
    }
}
