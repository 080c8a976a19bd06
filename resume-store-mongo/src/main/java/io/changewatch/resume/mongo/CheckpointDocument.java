package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.eq;
import static com.mongodb.client.model.Filters.in;
import static com.mongodb.client.model.Filters.lt;
import static com.mongodb.client.model.Filters.lte;
import static com.mongodb.client.model.Filters.or;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;

/**
 * How a checkpoint stands in its collection: under {@code _id}, the watcher's name, the fields of
 * {@link Checkpoint#toBson()}, and {@code watcher}, the name once more: a document copied to another {@code _id} tells by it
 * whose position it is. An older version wrote none; such a document is taken for what its {@code _id} says.
 *
 * <p>Thread-safe.
 */
final class CheckpointDocument {
    private static final String WATCHER = "watcher";

    private CheckpointDocument() {}

    static Bson of(String watcher) {
        return eq("_id", new BsonString(watcher));
    }

    /** The fields to be written. */
    static BsonDocument content(Checkpoint checkpoint, String watcher) {
        return checkpoint.toBson().append(WATCHER, new BsonString(watcher));
    }

    /**
     * The checkpoint in the document of {@code watcher}.
     *
     * @throws CorruptCheckpointException if it is damaged, was not written by ChangeWatch, or is another watcher's
     */
    static Checkpoint read(BsonDocument document, String watcher) {
        Checkpoint checkpoint = Checkpoint.fromBson(document);
        BsonValue owner = document.get(WATCHER, BsonNull.VALUE);
        if (!owner.isNull() && !owner.equals(new BsonString(watcher))) {
            throw new CorruptCheckpointException("The checkpoint belongs to watcher '" + name(owner) + "'.", null);
        }
        return checkpoint;
    }

    private static String name(BsonValue owner) {
        return owner instanceof BsonString text ? text.getValue() : owner.toString();
    }

    /**
     * Matches the watcher's document if it holds a lower term or an earlier cluster time than {@code offered}, or its very token.
     * Within one cluster time only Java knows the order of tokens: see {@link #holding}. A document that is damaged is not matched.
     */
    static Bson olderThan(Checkpoint offered, String watcher) {
        BsonDocument content = offered.toBson();
        return and(ownedBy(watcher), or(earlier(content), position(content)));
    }

    private static Bson earlier(BsonDocument content) {
        BsonValue term = content.get("term");
        return or(lt("term", term), and(eq("term", term), lt("clusterTime", content.get("clusterTime"))));
    }

    /** Matches the watcher's document if it holds a lower term or an earlier cluster time than {@code offered}. */
    static Bson before(Checkpoint offered, String watcher) {
        return and(ownedBy(watcher), earlier(offered.toBson()));
    }

    /** The whole document. */
    static BsonDocument document(Checkpoint checkpoint, String watcher) {
        return content(checkpoint, watcher).append("_id", new BsonString(watcher));
    }

    /** Matches the watcher's document if it holds no higher term than {@code offered}, whatever its position. */
    static Bson ofNoHigherTermThan(Checkpoint offered, String watcher) {
        return and(ownedBy(watcher), lte("term", offered.toBson().get("term")));
    }

    /** Matches the watcher's document as long as it holds the position of {@code held}. */
    static Bson holding(Checkpoint held, String watcher) {
        return and(ownedBy(watcher), position(held.toBson()));
    }

    private static Bson ownedBy(String watcher) {
        return and(of(watcher), in(WATCHER, new BsonString(watcher), BsonNull.VALUE));
    }

    private static Bson position(BsonDocument content) {
        return and(
                eq("term", content.get("term")),
                eq("clusterTime", content.get("clusterTime")),
                eq("token", content.get("token")));
    }
}
