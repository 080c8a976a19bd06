package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.eq;
import static com.mongodb.client.model.Filters.gt;
import static com.mongodb.client.model.Filters.lt;
import static com.mongodb.client.model.Filters.not;
import static com.mongodb.client.model.Filters.or;

import io.changewatch.resume.Checkpoint;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;

/**
 * How a checkpoint stands in its collection: under {@code _id}, the watcher's name, the fields of
 * {@link Checkpoint#toBson()}.
 *
 * <p>Thread-safe.
 */
final class CheckpointDocument {

    private CheckpointDocument() {}

    static Bson of(String watcher) {
        return eq("_id", new BsonString(watcher));
    }

    /**
     * Matches the watcher's document unless {@code offered} {@linkplain Checkpoint#isOlderThan is older} than what it holds:
     * the same rule, for the server to hold in the same step as the write. A document that is damaged is not matched.
     */
    static Bson replaceableBy(Checkpoint offered, String watcher) {
        BsonDocument content = offered.toBson();
        BsonValue term = content.get("term");
        BsonValue time = content.get("clusterTime");
        return and(
                of(watcher),
                or(
                        lt("term", term),
                        and(eq("term", term), lt("clusterTime", time)),
                        and(eq("term", term), eq("clusterTime", time), notAfter(offered))));
    }

    /** The server compares a string with strings only, as {@code ResumeToken.isBefore} does: others have no order. */
    private static Bson notAfter(Checkpoint offered) {
        return offered.token().value().get("_data") instanceof BsonString data
                ? not(gt("token._data", data))
                : new BsonDocument();
    }
}
