package io.changewatch.push;

import io.changewatch.event.ResumeToken;
import org.jspecify.annotations.Nullable;

/**
 * Where a client is in the stream. Its positions never go back, but behind a gap. Guarded by its connection's lock.
 */
final class Standing {
    private long sequence; // of the last event that was considered
    private ResumeToken reached; // by what was sent
    private ResumeToken queuedUpTo; // when everything queued is sent
    private @Nullable ResumeToken skipThrough; // events up to this one it has already

    Standing(Place place) {
        this.sequence = place.sequence();
        this.reached = place.position();
        this.queuedUpTo = place.position();
        this.skipThrough = place.resumed() ? place.position() : null;
    }

    /**
     * Where a client begins.
     *
     * @param sequence the last event it has; -1 if the ring does not reach back to it
     * @param position where that is
     * @param resumed whether the client named it
     */
    record Place(long sequence, ResumeToken position, boolean resumed) {}

    long sequence() {
        return sequence;
    }

    /** Where the client is, by what it was sent. */
    ResumeToken reached() {
        return reached;
    }

    /** Where it will be when everything queued is sent. */
    ResumeToken queuedUpTo() {
        return queuedUpTo;
    }

    /** Whether the client had the event before: from a feed that was ahead, or as a cursor began before for others. */
    boolean has(ResumeToken event) {
        if (skipThrough == null) {
            return false;
        }
        if (!skipThrough.isBefore(event)) {
            return true;
        }
        skipThrough = null;
        return false;
    }

    /** A cursor is read that may begin earlier. */
    void skipWhatItHas() {
        skipThrough = queuedUpTo;
    }

    /** An event was considered. */
    void considered(long number) {
        sequence = number;
    }

    /** Everything up to a position is queued. A client from a feed that was ahead stays where it is until this one is there. */
    void queued(ResumeToken position) {
        if (queuedUpTo.isBefore(position)) {
            queuedUpTo = position.copy();
        }
    }

    /** A message was taken. */
    void sent(Message message, boolean wasLast) {
        if (message.position() != null) {
            reached = wasLast ? queuedUpTo : message.position();
        }
    }

    /** Events are missing: it goes on behind them. Returns false if it has what comes behind the gap already. */
    boolean goOnBehind(Progress gap) {
        sequence = Math.max(sequence, gap.sequence());
        if (gap.position().isBefore(queuedUpTo)) {
            return false;
        }
        skipThrough = null;
        queuedUpTo = gap.position();
        return true;
    }

    /** The ring goes on behind the event of this number, which is at {@code position} or before. */
    void goOnFrom(long number, ResumeToken position) {
        sequence = number;
        queued(position);
    }

    /** A live client was offered everything up to where the feed is; unless it was offered more, it is there. */
    void catchUpWith(Progress feed) {
        boolean isAhead = skipThrough != null && !skipThrough.isBefore(feed.position());
        if (feed.sequence() >= sequence && !isAhead) {
            queued(feed.position());
        }
    }
}
