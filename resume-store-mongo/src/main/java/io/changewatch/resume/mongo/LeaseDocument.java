package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.eq;

import io.changewatch.lease.Claim;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;

/**
 * How a lease stands in its collection, and the updates of it, in which the server compares and writes times by its own clock:
 *
 * <pre>
 * _id          the watcher's name
 * term         grows by one with every holder, and is kept when the lease is given back
 * holder       null if it was given back
 * expiresAt    until when the holder has it
 * heldSince    since when, for people
 * takenFrom    who had it before and did not renew it; null if it was free
 * </pre>
 *
 * <p>Thread-safe.
 */
final class LeaseDocument {
    private static final BsonString NOW = new BsonString("$$NOW");
    private static final String GRANTED = "granted";

    private LeaseDocument() {}

    static Bson of(String watcher) {
        return eq("_id", new BsonString(watcher));
    }

    static Bson heldBy(String watcher, String holder, long term) {
        return and(of(watcher), eq("holder", new BsonString(holder)), eq("term", new BsonInt64(term)));
    }

    /** Gives the lease to {@code holder} if that may have it, and otherwise changes nothing. */
    static List<Bson> acquisition(String holder, long above, Duration ttl) {
        BsonDocument self = literal(holder);
        BsonDocument present = call("$ifNull", new BsonString("$holder"), BsonNull.VALUE);
        BsonDocument isFree = call("$eq", present, BsonNull.VALUE);
        BsonDocument isMine = call("$eq", present, self);
        BsonDocument isOver = call("$lte", new BsonString("$expiresAt"), NOW);
        BsonDocument term = call("$ifNull", new BsonString("$term"), new BsonInt64(0));
        BsonDocument next = call("$add", call("$max", term, new BsonInt64(above)), new BsonInt64(1));
        return List.of(
                set(GRANTED, call("$or", isFree, isMine, isOver)),
                set("takenFrom", ifGranted(choice(call("$or", isFree, isMine), BsonNull.VALUE, present), "takenFrom")),
                new BsonDocument(
                        "$set",
                        new BsonDocument("term", ifGranted(next, "term"))
                                .append("holder", ifGranted(self, "holder"))
                                .append("expiresAt", ifGranted(after(ttl), "expiresAt"))
                                .append("heldSince", ifGranted(NOW, "heldSince"))),
                new BsonDocument("$unset", new BsonString(GRANTED)));
    }

    static List<Bson> renewal(Duration ttl) {
        return List.of(set("expiresAt", after(ttl)));
    }

    static List<Bson> release() {
        return List.of(new BsonDocument("$set", new BsonDocument("holder", BsonNull.VALUE).append("expiresAt", NOW)));
    }

    /** What a document after an {@link #acquisition} by {@code holder} says: who asks and has it, has been granted it. */
    static Claim claim(BsonDocument document, String holder) {
        String held = document.getString("holder").getValue();
        long term = document.getNumber("term").longValue();
        return held.equals(holder)
                ? new Claim(true, held, term, expired(document.get("takenFrom", BsonNull.VALUE)))
                : Claim.heldBy(held, term);
    }

    private static Optional<String> expired(BsonValue takenFrom) {
        return takenFrom.isString() ? Optional.of(takenFrom.asString().getValue()) : Optional.empty();
    }

    private static BsonDocument ifGranted(BsonValue value, String field) {
        return choice(new BsonString("$" + GRANTED), value, new BsonString("$" + field));
    }

    private static BsonDocument choice(BsonValue condition, BsonValue yes, BsonValue no) {
        return call("$cond", condition, yes, no);
    }

    private static BsonDocument after(Duration ttl) {
        return call("$add", NOW, new BsonInt64(ttl.toMillis()));
    }

    /** A name may begin with a dollar. */
    private static BsonDocument literal(String text) {
        return new BsonDocument("$literal", new BsonString(text));
    }

    private static BsonDocument set(String field, BsonValue value) {
        return new BsonDocument("$set", new BsonDocument(field, value));
    }

    private static BsonDocument call(String operator, BsonValue... arguments) {
        return new BsonDocument(operator, new BsonArray(List.of(arguments)));
    }
}
