package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The newest events of the feed, bounded by bytes and age; whatever it holds continues without a hole to the newest.
 *
 * <p>{@link #floor} is the position it begins after: it holds every event of the stream that lies behind that. Events of one
 * batch share the batch's bytes, so it may hold up to one batch more than its bound. Guarded by the hub's lock.
 */
final class Ring<T> {
    private final long maxBytes;
    private final long maxAgeNanos;
    private final ArrayList<@Nullable FeedEvent<T>> events = new ArrayList<>();
    private int head; // of what is still held in the list
    private long bytes;
    private long last; // the newest event's sequence, held or not
    private @Nullable ResumeToken floor;
    private @Nullable BsonTimestamp openedAt; // the floor's time, while no event is at or before it

    Ring(long maxBytes, Duration maxAge) {
        this.maxBytes = maxBytes;
        this.maxAgeNanos = maxAge.toNanos();
    }

    /** Adds the newest event. */
    FeedEvent<T> append(ChangeEvent<T> event, long nanos) {
        FeedEvent<T> added = new FeedEvent<>(++last, event, nanos);
        if (floor == null) { // nobody knows what lies between an earlier position and this event
            floor = event.resumeToken().copy();
            return added;
        }
        events.add(added);
        bytes += added.size();
        evict(nanos);
        return added;
    }

    /** Nothing is missing from this position on; the first one decides. */
    void startsAfter(ResumeToken position, BsonTimestamp clusterTime) {
        if (floor == null) {
            floor = position.copy();
            openedAt = clusterTime;
        }
    }

    /** Events are missing before this position: what came before cannot be continued from here, which a lost number says. */
    void restartAfter(ResumeToken position, BsonTimestamp clusterTime) {
        last++;
        openedAt = clusterTime;
        events.clear();
        head = 0;
        bytes = 0;
        floor = position.copy();
    }

    /** Lets go what is too old or too much. */
    void evict(long nanos) {
        while (size() > 0 && (bytes > maxBytes || nanos - get(0).receivedNanos() > maxAgeNanos)) {
            FeedEvent<T> oldest = get(0);
            floor = oldest.token();
            openedAt = null;
            bytes -= oldest.size();
            events.set(head++, null);
        }
        if (head > 64 && head > events.size() / 2) {
            events.subList(0, head).clear();
            head = 0;
        }
        if (size() == 0 && floor != null) {
            floor = floor.copy(); // lets the last batch's bytes go
        }
    }

    /** The position behind which every event is held; null before the stream is open. */
    @Nullable
    ResumeToken floor() {
        return floor;
    }

    /** The time of the floor, where that is the place at which the stream was opened; null where it is an event's. */
    @Nullable
    BsonTimestamp openedAt() {
        return openedAt;
    }

    /** The sequence of the newest event. */
    long last() {
        return last;
    }

    int size() {
        return events.size() - head;
    }

    long bytes() {
        return bytes;
    }

    /** Whether everything behind the event of this sequence is held. */
    boolean continues(long sequence) {
        return sequence >= last - size();
    }

    /** The next events behind {@code sequence}, at most so many and so many bytes, but one if there is any. */
    List<FeedEvent<T>> after(long sequence, int maxEvents, long maxSize) {
        int from = (int) (sequence - (last - size()));
        List<FeedEvent<T>> next = new ArrayList<>();
        long taken = 0;
        for (int index = from; index < size() && next.size() < maxEvents && taken < maxSize; index++) {
            next.add(get(index));
            taken += get(index).size();
        }
        return next;
    }

    /** The sequence of the last event that does not lie behind the position; the position must not be before the floor. */
    long sequenceAt(ResumeToken position) {
        int low = 0;
        int high = size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (position.isBefore(get(middle).token())) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return last - size() + low;
    }

    private FeedEvent<T> get(int index) {
        FeedEvent<T> event = events.get(head + index);
        if (event == null) {
            throw new IllegalStateException("event " + index + " was let go");
        }
        return event;
    }
}
