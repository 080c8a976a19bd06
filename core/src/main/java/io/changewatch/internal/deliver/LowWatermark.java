package io.changewatch.internal.deliver;

import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer.Progress;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Events that were handed out and may be finished in any order; reports how far all are finished.
 *
 * <p>What is finished behind an open event is kept as one entry for each run of them, so that neither memory nor time depends on how
 * many there are. Such an entry has a token of its own, which keeps no batch.
 *
 * <p>Not thread-safe: its owner guards it.
 */
final class LowWatermark {
    private final Progress progress;
    private @Nullable Entry first;
    private @Nullable Entry last;
    private int openEvents;

    LowWatermark(Progress progress) {
        this.progress = progress;
    }

    /** One place in the order: an event, or the end of a run where all is finished. */
    static final class Entry {
        private ResumeToken token;
        private BsonTimestamp clusterTime;
        private boolean finished;
        /** That are reported with this entry. */
        private int events;

        private @Nullable Entry before;
        private @Nullable Entry behind;

        private Entry(ResumeToken token, BsonTimestamp clusterTime, int events) {
            this.token = token;
            this.clusterTime = clusterTime;
            this.events = events;
            this.finished = events == 0;
        }
    }

    Entry add(ResumeToken token, BsonTimestamp clusterTime) {
        openEvents++;
        return append(new Entry(token, clusterTime, 1));
    }

    private Entry append(Entry entry) {
        entry.before = last;
        if (last == null) {
            first = entry;
        } else {
            last.behind = entry;
        }
        last = entry;
        return entry;
    }

    /** A position behind all that was added so far. */
    void passed(ResumeToken token, BsonTimestamp clusterTime) {
        Entry end = last;
        if (end == null) {
            progress.handled(token, clusterTime, 0);
        } else if (end.finished) {
            end.token = token.copy();
            end.clusterTime = clusterTime;
        } else {
            append(new Entry(token.copy(), clusterTime, 0));
        }
    }

    /** Returns whether this was news. */
    boolean finish(Entry entry) {
        if (entry.finished) {
            return false;
        }
        entry.finished = true;
        Entry run = join(entry, entry.behind);
        if (run.before == null) {
            report(run);
        } else if (join(run.before, run) == entry) {
            entry.token = entry.token.copy();
        }
        return true;
    }

    /** Makes one of two neighbours that are finished, in the place of the second; returns the one that stays. */
    private Entry join(Entry entry, @Nullable Entry next) {
        if (next == null || !entry.finished || !next.finished) {
            return next == null || !next.finished ? entry : next;
        }
        next.events += entry.events;
        remove(entry);
        return next;
    }

    private void report(Entry run) {
        remove(run);
        openEvents -= run.events;
        progress.handled(run.token, run.clusterTime, run.events);
    }

    private void remove(Entry entry) {
        Entry before = entry.before;
        Entry behind = entry.behind;
        if (before == null) {
            first = behind;
        } else {
            before.behind = behind;
        }
        if (behind == null) {
            last = before;
        } else {
            behind.before = before;
        }
    }

    void finishOldest() {
        if (first != null) {
            finish(first); // what is finished at the front is reported
        }
    }

    /** How many events are not reported yet. */
    int openEvents() {
        return openEvents;
    }
}
