package io.changewatch.testkit.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * The oplog of a replica set's primary: a log that loses its oldest entries, and whose newest are seen when a majority has
 * them.
 */
public final class Oplog {
    private final List<OplogEntry> entries = new ArrayList<>();
    private BsonTimestamp lastTime;
    private long nextSequence;
    private int first;
    private int committed;

    /** An oplog with one entry, the initiation's, at {@code seconds}. */
    Oplog(int seconds) {
        this.lastTime = new BsonTimestamp(seconds, 0);
        append(seconds, List.of(Change.noop()), Optional.empty());
        commit();
    }

    /** Writes {@code changes} at one cluster time, as a transaction does. */
    void append(int seconds, List<Change> changes, Optional<BsonDocument> transaction) {
        lastTime = seconds > lastTime.getTime()
                ? new BsonTimestamp(seconds, 1)
                : new BsonTimestamp(lastTime.getTime(), lastTime.getInc() + 1);
        for (int index = 0; index < changes.size(); index++) {
            entries.add(new OplogEntry(nextSequence++, lastTime, index, transaction, changes.get(index)));
        }
    }

    /** A majority has everything. */
    void commit() {
        committed = entries.size();
    }

    /** What no majority has is gone; its cluster times do not come again. */
    int rollBack() {
        int lost = entries.size() - committed;
        entries.subList(committed, entries.size()).clear();
        return lost;
    }

    /** Forgets the oldest entries, so that {@code kept} committed ones are left, at least one. */
    void rollOver(int kept) {
        int start = Math.max(first, committed - Math.max(1, kept));
        while (start > first && start < committed && entries.get(start).index() > 0) {
            start--; // a transaction is one entry
        }
        first = start;
    }

    /** The time of the oldest entry that is not forgotten. */
    public BsonTimestamp oldestTime() {
        return entries.get(first).time();
    }

    /** The time of the newest entry, whether or not a majority has it. */
    public BsonTimestamp lastTime() {
        return lastTime;
    }

    /** Where the first entry at {@code time} or later is or will be, also if it was forgotten. */
    int indexOf(BsonTimestamp time) {
        int low = 0;
        int high = committed;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).time().compareTo(time) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Whether entries before {@code time} are gone. One that never rolled over has all there was since the initiation. */
    boolean isForgotten(BsonTimestamp time) {
        return hasRolledOver() && time.compareTo(oldestTime()) < 0;
    }

    /** Whether its oldest entry is no longer the initiation's. */
    public boolean hasRolledOver() {
        return first > 0;
    }

    boolean isForgotten(int index) {
        return index < first;
    }

    boolean isCommitted(int index) {
        return index < committed;
    }

    OplogEntry at(int index) {
        return entries.get(index);
    }

    /** All entries a majority has, also those forgotten since. */
    public List<OplogEntry> committed() {
        return List.copyOf(entries.subList(0, committed));
    }

    /** How many entries a majority has. */
    public int committedSize() {
        return committed;
    }
}
