package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.in;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * The mark by which a watcher's saves are told from those of another watcher of its name: two fields beside those of the
 * checkpoint, {@code heldBy}, a random text, and {@code heldSince}, by the server's clock and for people only.
 *
 * <pre>
 * first save          takes the document over, whoever held it
 * each save after it  is refused if somebody else has taken it over meanwhile
 * </pre>
 *
 * A watcher with transactions takes the document over when it loads, and adds {@code heldIn}, the session of its transactions.
 *
 * <p>A document without a mark is replaced by everybody: an older version wrote it, or it was restored by hand.
 *
 * <p>Thread-safe.
 */
final class Holder {

    private static final String HELD_BY = "heldBy";
    private static final String HELD_SINCE = "heldSince";
    private static final String HELD_IN = "heldIn";

    private final BsonString id = new BsonString(UUID.randomUUID().toString());
    private final AtomicBoolean isTaken = new AtomicBoolean();
    private volatile boolean hasSaved;
    private volatile @Nullable BsonDocument session;

    /** Takes the place within this process; false if that was done before. */
    boolean take() {
        return isTaken.compareAndSet(false, true);
    }

    /** A save has worked: from now on, the mark is in the document, or somebody has replaced it. */
    void saved() {
        hasSaved = true;
    }

    /** What a document's mark has to be for the next save. */
    Bson mayReplace() {
        return hasSaved ? in(HELD_BY, id, BsonNull.VALUE) : new BsonDocument();
    }

    /** Adds the mark to an update. */
    BsonDocument marking(BsonDocument update) {
        BsonDocument unused = marked(update.getDocument("$set"));
        return hasSaved ? update : update.append("$currentDate", new BsonDocument(HELD_SINCE, BsonBoolean.TRUE));
    }

    /** The transactions of this holder are in this session from now on. */
    void uses(BsonDocument serverSession) {
        session = serverSession;
    }

    /** The update that takes a document over. */
    BsonDocument takingOver() {
        return new BsonDocument("$set", marked(new BsonDocument()))
                .append("$currentDate", new BsonDocument(HELD_SINCE, BsonBoolean.TRUE));
    }

    /** Adds the mark to the fields of a document. */
    BsonDocument marked(BsonDocument fields) {
        BsonDocument used = session;
        fields.append(HELD_BY, id);
        return used == null ? fields : fields.append(HELD_IN, used);
    }

    /** In which session the transactions of who holds {@code document} are. */
    Optional<BsonDocument> sessionOf(BsonDocument document) {
        return document.get(HELD_IN) instanceof BsonDocument session ? Optional.of(session) : Optional.empty();
    }

    /** Whether {@code document} refuses the next save for its mark. */
    boolean isTakenOver(BsonDocument document) {
        BsonValue holder = document.get(HELD_BY, BsonNull.VALUE);
        return hasSaved && !holder.isNull() && !holder.equals(id);
    }

    /** Since when somebody holds {@code document}, as the end of a sentence; empty where it is not told. */
    String since(BsonDocument document) {
        return document.get(HELD_SINCE) instanceof BsonDateTime time
                ? ", at " + Instant.ofEpochMilli(time.getValue())
                : "";
    }
}
