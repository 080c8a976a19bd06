package io.changewatch.resume.mongo;

import com.mongodb.WriteConcern;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatchException;
import io.changewatch.ConfigurationException;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.codecs.BsonValueCodecProvider;
import org.bson.codecs.configuration.CodecRegistries;
import org.reactivestreams.Publisher;

/**
 * Who works on one thing together: a document with each member's last sign of life, by the server's clock only.
 *
 * <pre>
 * { _id: "orders", members: { "3f0c…": ISODate(…), "a917…": ISODate(…) } }
 * </pre>
 *
 * Blocking. Thread-safe.
 */
final class Members implements Membership {
    private static final String COLLECTION = "changewatch_members";
    private static final BsonString NOW = new BsonString("$$NOW");

    private final MongoCollection<BsonDocument> collection;
    private final String group;
    private final Duration ttl;
    private final Duration timeout;
    private final String self = UUID.randomUUID().toString();

    /** One more member of {@code group}, which counts as gone when it has given no sign of life for {@code ttl}. */
    Members(MongoDatabase database, String group, Duration ttl, Duration timeout) {
        this.collection = database.getCollection(COLLECTION, BsonDocument.class)
                .withCodecRegistry(CodecRegistries.fromProviders(new BsonValueCodecProvider()))
                .withWriteConcern(WriteConcern.MAJORITY.withWTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS));
        this.group = group;
        this.ttl = ttl;
        this.timeout = timeout;
    }

    @Override
    public String self() {
        return self;
    }

    @Override
    public Set<String> beat() {
        List<BsonDocument> update = List.of(
                set("members", new BsonDocument("$arrayToObject", filter(alive()))), set("members." + self, NOW));
        return update("give a sign of life", update)
                .map(document -> new TreeSet<>(document.getDocument("members").keySet()))
                .orElseThrow();
    }

    @Override
    public void leave() {
        update("leave", List.of(new BsonDocument("$unset", new BsonString("members." + self))));
    }

    private Optional<BsonDocument> update(String what, List<BsonDocument> update) {
        return await(
                what,
                collection.findOneAndUpdate(
                        new BsonDocument("_id", new BsonString(group)),
                        update,
                        new FindOneAndUpdateOptions().upsert(true).returnDocument(ReturnDocument.AFTER)));
    }

    private static BsonDocument set(String field, BsonValue value) {
        return new BsonDocument("$set", new BsonDocument(field, value));
    }

    private static BsonDocument filter(BsonDocument condition) {
        BsonDocument members =
                new BsonDocument("$ifNull", new BsonArray(List.of(new BsonString("$members"), new BsonDocument())));
        return new BsonDocument(
                "$filter",
                new BsonDocument("input", new BsonDocument("$objectToArray", members)).append("cond", condition));
    }

    private BsonDocument alive() {
        BsonDocument earliest =
                new BsonDocument("$subtract", new BsonArray(List.of(NOW, new BsonInt64(ttl.toMillis()))));
        return new BsonDocument("$gt", new BsonArray(List.of(new BsonString("$$this.v"), earliest)));
    }

    private <T> Optional<T> await(String what, Publisher<T> publisher) {
        return Guard.call(
                timeout,
                () -> Answer.of(publisher, System.nanoTime() + timeout.toNanos()),
                (reason, cause) -> failed(what, reason, cause));
    }

    private ChangeWatchException failed(String what, String reason, Exception cause) {
        String message = "Cannot " + what + " among the members of '" + group + "' in "
                + collection.getNamespace().getFullName() + ": " + reason
                + ". Check that the server is up and that the user may find, insert and update there.";
        return Guard.isRefused(cause) ? new ConfigurationException(message, cause) : new StoreException(message, cause);
    }
}
