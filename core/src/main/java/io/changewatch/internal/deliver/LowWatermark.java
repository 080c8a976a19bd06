package io.changewatch.internal.deliver;

import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer.Progress;
import java.util.ArrayDeque;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Events that were handed out and may be finished in any order; reports how far all are finished.
 *
 * <p>Not thread-safe: its owner guards it.
 */
final class LowWatermark {
    private final Progress progress;
    private final ArrayDeque<Entry> open = new ArrayDeque<>();
    private int openEvents;

    LowWatermark(Progress progress) {
        this.progress = progress;
    }

    /** One place in the order: an event, or a position where nothing was handed out. */
    static final class Entry {
        private ResumeToken token;
        private BsonTimestamp clusterTime;
        private final boolean isEvent;
        private boolean finished;

        private Entry(ResumeToken token, BsonTimestamp clusterTime, boolean isEvent) {
            this.token = token;
            this.clusterTime = clusterTime;
            this.isEvent = isEvent;
            this.finished = !isEvent;
        }
    }

    Entry add(ResumeToken token, BsonTimestamp clusterTime) {
        Entry entry = new Entry(token, clusterTime, true);
        open.add(entry);
        openEvents++;
        return entry;
    }

    /** A position behind all that was added so far. Positions in a row become one, so that idling takes no memory. */
    void passed(ResumeToken token, BsonTimestamp clusterTime) {
        Entry last = open.peekLast();
        if (last != null && !last.isEvent) {
            last.token = token;
            last.clusterTime = clusterTime;
        } else {
            open.add(new Entry(token, clusterTime, false));
        }
        report();
    }

    /** Returns whether this was news. */
    boolean finish(Entry entry) {
        boolean news = !entry.finished;
        entry.finished = true;
        report();
        return news;
    }

    void finishOldest() {
        for (Entry entry : open) {
            if (!entry.finished) {
                finish(entry);
                return;
            }
        }
    }

    /** How many events are not reported yet. */
    int openEvents() {
        return openEvents;
    }

    private void report() {
        @Nullable Entry last = null;
        int events = 0;
        for (Entry head = open.peek(); head != null && head.finished; head = open.peek()) {
            last = open.poll();
            events += head.isEvent ? 1 : 0;
        }
        openEvents -= events;
        if (last != null) {
            progress.handled(last.token, last.clusterTime, events);
        }
    }
}
