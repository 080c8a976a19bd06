package io.changewatch.testkit.model;

import com.mongodb.MongoException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonTimestamp;

/** A replica set, as far as a change stream shows it. One thread at a time. */
public final class ReplicaSetModel {
    private final Oplog oplog;
    private final Function<Change, Optional<BsonDocument>> lookup;
    private final List<StreamCursor> cursors = new ArrayList<>();
    private long transactions;
    private int term = 1;
    private boolean majority = true;

    /**
     * A replica set that was initiated at {@code seconds}.
     *
     * @param lookup finds the present state of the document that was changed
     */
    public ReplicaSetModel(int seconds, Function<Change, Optional<BsonDocument>> lookup) {
        this.oplog = new Oplog(seconds);
        this.lookup = lookup;
    }

    /** Its log. */
    public Oplog oplog() {
        return oplog;
    }

    /** Writes one change. */
    public void write(int seconds, Change change) {
        append(seconds, List.of(change), Optional.empty());
    }

    /** Writes changes as one transaction. */
    public void transaction(int seconds, List<Change> changes) {
        transactions++;
        byte[] session = new byte[16];
        session[15] = 1;
        BsonDocument named = new BsonDocument("lsid", new BsonDocument("id", new BsonBinary((byte) 4, session)))
                .append("txnNumber", new BsonInt64(transactions));
        append(seconds, changes, Optional.of(named));
    }

    private void append(int seconds, List<Change> changes, Optional<BsonDocument> transaction) {
        oplog.append(seconds, changes, transaction);
        if (majority) {
            oplog.commit();
        }
    }

    /** From now on what is written is not seen, until a majority is back. */
    public void loseMajority() {
        majority = false;
    }

    /** What was written without a majority is seen now. */
    public void regainMajority() {
        majority = true;
        oplog.commit();
    }

    /** Another member becomes primary; returns how many entries it does not have, because no majority had them. */
    public int elect() {
        term++;
        int lost = oplog.rollBack();
        majority = true;
        return lost;
    }

    /** How many primaries there have been. */
    public int term() {
        return term;
    }

    /** Forgets the oldest entries, so that {@code kept} are left. */
    public void rollOver(int kept) {
        oplog.rollOver(kept);
    }

    /** Whether the oplog no longer reaches back to {@code time}. */
    public boolean isForgotten(BsonTimestamp time) {
        return time.compareTo(oplog.oldestTime()) < 0;
    }

    /**
     * Opens a stream.
     *
     * @throws MongoException if the server refuses
     */
    public StreamCursor open(StreamRequest request) {
        StreamCursor cursor = StreamCursor.open(oplog, new EventWriter(request, lookup), request);
        cursors.add(cursor);
        return cursor;
    }

    /** The places of all that {@code request} shows of what a majority has, from the entry number {@code from}; whole events only. */
    public List<StreamPlace> shown(StreamRequest request, int from) {
        EventWriter writer = new EventWriter(request, lookup);
        List<StreamPlace> places = new ArrayList<>();
        for (int index = from; oplog.isCommitted(index); index++) {
            writer.items(oplog.at(index)).stream()
                    .map(item -> item.place().whole())
                    .distinct()
                    .forEach(places::add);
        }
        return places;
    }

    /** The cursor is not used any more. */
    public void close(StreamCursor cursor) {
        cursors.remove(cursor);
    }

    /** Every open cursor fails. */
    public void failCursors(MongoException error) {
        cursors.forEach(cursor -> cursor.fail(error));
        cursors.clear();
    }

    /** How many cursors are open. */
    public int openCursors() {
        return cursors.size();
    }
}
