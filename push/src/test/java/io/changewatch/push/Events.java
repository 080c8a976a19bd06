package io.changewatch.push;

import io.changewatch.event.Delete;
import io.changewatch.event.EventContext;
import io.changewatch.event.Insert;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.event.Update;
import io.changewatch.event.UpdateDescription;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/**
 * Events and tokens as a server makes them. Event n happened at second n; its document has the {@code _id} n.
 *
 * <p>Tokens begin like the server's, with type byte and cluster time; a high-water token sorts before the events of its time.
 */
final class Events {
    static final Namespace ORDERS = Namespace.of("shop", "orders");

    private static final String HIGH_WATER = "2B0429296E1404";
    private static final String EVENT = "2B042C0100296E5A100400";

    private Events() {}

    static BsonTimestamp time(int seconds) {
        return new BsonTimestamp(seconds, 1);
    }

    /** The token of the event at {@code seconds}. */
    static ResumeToken token(int seconds) {
        return new ResumeToken(new BsonDocument("_data", new BsonString(data(seconds, EVENT))));
    }

    /** A post-batch token: a place without an event, right before the event at {@code seconds}. */
    static ResumeToken highWater(int seconds) {
        return new ResumeToken(new BsonDocument("_data", new BsonString(data(seconds, HIGH_WATER))));
    }

    private static String data(int seconds, String suffix) {
        return String.format("82%08X%08X%s", seconds, 1, suffix);
    }

    /** The same token, as it comes in a batch. */
    static ResumeToken inBatch(ResumeToken token) {
        return new ResumeToken(raw(token.value()));
    }

    static Insert<Document> insert(int seconds) {
        return insert(seconds, new BsonDocument());
    }

    /** An insert of these fields behind the {@code _id}. */
    static Insert<Document> insert(int seconds, BsonDocument fields) {
        BsonInt32 id = new BsonInt32(seconds);
        BsonDocument document = new BsonDocument("_id", id);
        document.putAll(fields);
        return new Insert<>(
                context(seconds, event(seconds, "insert", id).append("fullDocument", document)),
                ORDERS,
                new BsonDocument("_id", id),
                Document.parse(document.toJson()));
    }

    /** An insert whose document has this {@code _id} and nothing else. */
    static Insert<Document> insertOf(BsonValue id, int seconds) {
        BsonDocument document = new BsonDocument("_id", id);
        return new Insert<>(
                context(seconds, event(seconds, "insert", id).append("fullDocument", document)),
                ORDERS,
                document,
                Document.parse(document.toJson()));
    }

    /** An update that carries no document. */
    static Update<Document> update(int seconds, BsonDocument updatedFields) {
        BsonInt32 id = new BsonInt32(seconds);
        BsonDocument raw = event(seconds, "update", id)
                .append("updateDescription", new BsonDocument("updatedFields", updatedFields));
        return update(seconds, updatedFields, raw, Optional.empty());
    }

    /** An update that carries its document, or null where the lookup found none. */
    static Update<Document> lookedUp(int seconds, BsonDocument updatedFields, BsonValue document) {
        BsonInt32 id = new BsonInt32(seconds);
        BsonDocument raw = event(seconds, "update", id)
                .append("updateDescription", new BsonDocument("updatedFields", updatedFields))
                .append("fullDocument", document);
        Optional<Document> decoded =
                document instanceof BsonDocument found ? Optional.of(Document.parse(found.toJson())) : Optional.empty();
        return update(seconds, updatedFields, raw, decoded);
    }

    private static Update<Document> update(
            int seconds, BsonDocument updatedFields, BsonDocument raw, Optional<Document> document) {
        return new Update<>(
                context(seconds, raw),
                ORDERS,
                new BsonDocument("_id", new BsonInt32(seconds)),
                new UpdateDescription(updatedFields, List.of(), List.of(), Optional.empty()),
                document,
                Optional.empty());
    }

    static Delete<Document> delete(int seconds) {
        BsonInt32 id = new BsonInt32(seconds);
        return new Delete<>(
                context(seconds, event(seconds, "delete", id)), ORDERS, new BsonDocument("_id", id), Optional.empty());
    }

    /** A delete that carries the document as it was. */
    static Delete<Document> delete(int seconds, BsonDocument before) {
        BsonInt32 id = new BsonInt32(seconds);
        return new Delete<>(
                context(seconds, event(seconds, "delete", id).append("fullDocumentBeforeChange", before)),
                ORDERS,
                new BsonDocument("_id", id),
                Optional.of(Document.parse(before.toJson())));
    }

    /** What every event carries; its raw document is bytes, as the driver hands it over. */
    static EventContext context(int seconds, BsonDocument raw) {
        return new EventContext(
                token(seconds),
                time(seconds),
                Instant.ofEpochSecond(seconds),
                Optional.empty(),
                Optional.empty(),
                raw(raw));
    }

    /** An event of a kind without a document. */
    static BsonDocument event(int seconds, String operationType) {
        return new BsonDocument("_id", token(seconds).value())
                .append("operationType", new BsonString(operationType))
                .append("clusterTime", time(seconds))
                .append("wallTime", new BsonDateTime(seconds * 1000L));
    }

    private static BsonDocument event(int seconds, String operationType, BsonValue id) {
        return event(seconds, operationType)
                .append("ns", new BsonDocument("db", new BsonString("shop")).append("coll", new BsonString("orders")))
                .append("documentKey", new BsonDocument("_id", id));
    }

    private static RawBsonDocument raw(BsonDocument document) {
        return new RawBsonDocument(document, new BsonDocumentCodec());
    }
}
