package io.changewatch.testkit.model;

import java.util.Comparator;
import org.bson.BsonTimestamp;

/**
 * What a resume token says: where it stands in the stream.
 *
 * @param time cluster time
 * @param isEvent whether it is an event's; if not, it is a high-water mark, which stands before the events of its time
 * @param index the operation's number within its transaction
 * @param isInvalidate whether it is the invalidate's that follows the event
 * @param fragment the number of the fragment; 0 for a whole event, which stands for all of its fragments
 */
public record StreamPlace(BsonTimestamp time, boolean isEvent, int index, boolean isInvalidate, int fragment)
        implements Comparable<StreamPlace> {
    private static final Comparator<StreamPlace> ORDER = Comparator.comparing(StreamPlace::time)
            .thenComparing(StreamPlace::isEvent)
            .thenComparing(StreamPlace::index)
            .thenComparing(StreamPlace::isInvalidate)
            .thenComparing(StreamPlace::fragment);

    /** Before everything that happened at {@code time}. */
    public static StreamPlace before(BsonTimestamp time) {
        return new StreamPlace(time, false, 0, false, 0);
    }

    /** The event of {@code entry}. */
    public static StreamPlace of(OplogEntry entry) {
        return new StreamPlace(entry.time(), true, entry.index(), false, 0);
    }

    StreamPlace invalidate() {
        return new StreamPlace(time, true, index, true, 0);
    }

    StreamPlace atFragment(int number) {
        return new StreamPlace(time, true, index, isInvalidate, number);
    }

    /** The same place without the number of a fragment. */
    public StreamPlace whole() {
        return fragment == 0 ? this : new StreamPlace(time, isEvent, index, isInvalidate, 0);
    }

    /** Whether a stream that is opened here leaves out {@code item}. */
    boolean covers(StreamPlace item) {
        int order = whole().compareTo(item.whole());
        return order > 0 || (order == 0 && (fragment == 0 || item.fragment <= fragment));
    }

    @Override
    public int compareTo(StreamPlace other) {
        return ORDER.compare(this, other);
    }

    /** Such as {@code 5.1}, {@code 5.1[2]} in a transaction, {@code 5.1!} for an invalidate and {@code <5.1} for a mark. */
    @Override
    public String toString() {
        return (isEvent ? "" : "<")
                + time.getTime()
                + '.'
                + time.getInc()
                + (index > 0 ? "[" + index + "]" : "")
                + (isInvalidate ? "!" : "")
                + (fragment > 0 ? "#" + fragment : "");
    }
}
