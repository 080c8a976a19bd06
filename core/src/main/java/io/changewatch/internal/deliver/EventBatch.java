package io.changewatch.internal.deliver;

import io.changewatch.Batching;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Events that are handled together, and the position behind them.
 *
 * <p>Not thread-safe: its owner guards it.
 */
final class EventBatch<T> {
    private final Batching limits;
    private final List<ChangeEvent<T>> events = new ArrayList<>();
    private long bytes;
    private long beginNanos;
    private boolean closed;
    private @Nullable ResumeToken token;
    private @Nullable BsonTimestamp clusterTime;

    EventBatch(Batching limits) {
        this.limits = limits;
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    /** Whether {@code event} may come in; an empty batch takes any. */
    boolean takes(ChangeEvent<T> event) {
        return isEmpty() || (!isFull() && bytes + size(event) <= limits.bytes());
    }

    void add(ChangeEvent<T> event, long nanos) {
        if (isEmpty()) {
            beginNanos = nanos;
        }
        events.add(event);
        bytes += size(event);
        passed(event.resumeToken(), event.clusterTime());
    }

    private static long size(ChangeEvent<?> event) {
        BsonDocument raw = event.raw();
        return raw instanceof RawBsonDocument document ? document.getByteLength() : 0;
    }

    /** Nothing more comes in. */
    void close() {
        closed = true;
    }

    /** Whether it is not worth waiting for more. */
    boolean isFull() {
        return closed || events.size() >= limits.events() || bytes >= limits.bytes();
    }

    /** How long to wait for more; not positive if it is due. */
    long nanosLeft(long nanos) {
        return isFull()
                ? 0
                : TimeUnit.NANOSECONDS.convert(limits.within()) - (nanos - beginNanos); // "for ever" is allowed
    }

    /** The stream has come to a position behind its last event. */
    void passed(ResumeToken position, BsonTimestamp time) {
        token = position;
        clusterTime = time;
    }

    List<ChangeEvent<T>> events() {
        return Collections.unmodifiableList(events);
    }

    void report(Deliverer.Progress progress) {
        if (token != null && clusterTime != null) {
            progress.handled(token, clusterTime, events.size());
        }
    }
}
