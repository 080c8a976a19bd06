package io.changewatch.testkit.model;

import com.mongodb.MongoException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonTimestamp;

/** A replica set, as far as a change stream shows it. One thread at a time. */
public final class ReplicaSetModel {
    /** What a server without authentication says of the user: the hash of an empty name. */
    private static final byte[] NOBODY =
            HexFormat.of().parseHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    private final Oplog oplog;
    private final Function<Change, Optional<BsonDocument>> lookup;
    private final List<StreamCursor> cursors = new ArrayList<>();
    private long transactions;
    private BsonTimestamp imagesFrom = new BsonTimestamp(0);
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
        BsonDocument named = new BsonDocument(
                        "lsid",
                        new BsonDocument("id", new BsonBinary((byte) 4, session)).append("uid", new BsonBinary(NOBODY)))
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
        return oplog.isForgotten(time);
    }

    /** The images of all documents so far are deleted, as those are that are older than {@code expireAfterSeconds}. */
    public void expireImages() {
        imagesFrom =
                new BsonTimestamp(oplog.lastTime().getTime(), oplog.lastTime().getInc() + 1);
    }

    private EventWriter writer(StreamRequest request) {
        return new EventWriter(request, lookup, entry -> entry.time().compareTo(imagesFrom) >= 0);
    }

    /**
     * Opens a stream.
     *
     * @throws MongoException if the server refuses
     */
    public StreamCursor open(StreamRequest request) {
        StreamCursor cursor = StreamCursor.open(oplog, writer(request), request);
        cursors.add(cursor);
        return cursor;
    }

    /**
     * The places of all that {@code request} shows of what a majority has, from the entry number {@code from}; whole events only,
     * whether or not they are forgotten or their images have expired.
     */
    public List<StreamPlace> shown(StreamRequest request, int from) {
        EventWriter writer = new EventWriter(request, lookup, entry -> true);
        List<StreamPlace> places = new ArrayList<>();
        for (int index = from; oplog.isCommitted(index); index++) {
            writer.items(oplog.at(index)).stream()
                    .filter(item -> !item.isHidden())
                    .map(item -> item.place().whole())
                    .distinct()
                    .forEach(places::add);
        }
        return places;
    }

    /** Whether a stream like {@code request} fails at {@code place}, now. */
    public boolean isUndeliverable(StreamRequest request, StreamPlace place) {
        EventWriter writer = writer(request);
        for (int index = oplog.indexOf(place.time());
                oplog.isCommitted(index) && oplog.at(index).time().equals(place.time());
                index++) {
            if (writer.items(oplog.at(index)).stream()
                    .anyMatch(item -> item.place().equals(place) && item.failure() != null)) {
                return true;
            }
        }
        return false;
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
