package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.eq;
import static com.mongodb.client.model.Filters.gt;
import static org.bson.codecs.configuration.CodecRegistries.fromProviders;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoException;
import com.mongodb.MongoWriteException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.CountOptions;
import com.mongodb.client.model.DeleteOptions;
import com.mongodb.client.model.FindOneAndDeleteOptions;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.reactivestreams.client.MongoCollection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.codecs.BsonValueCodecProvider;
import org.bson.conversions.Bson;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests to the collection of letters, each of which waits for its answer, for the store's time limit at most.
 *
 * <p>Thread-safe.
 */
final class LetterCollection {
    private static final Logger LOG = LoggerFactory.getLogger(MongoDeadLetterStore.class);

    /** Whatever the collection's own collation. */
    private static final Collation SIMPLE = Collation.builder().locale("simple").build();

    private static final Bson ID_ONLY = Projections.include("_id");

    private final MongoCollection<BsonDocument> collection;
    private final Duration timeout;
    private volatile boolean isIndexed;

    LetterCollection(MongoCollection<BsonDocument> collection, Duration timeout) {
        this.collection = collection
                .withCodecRegistry(fromProviders(new BsonValueCodecProvider()))
                .withReadPreference(ReadPreference.primary())
                .withReadConcern(ReadConcern.LOCAL)
                .withWriteConcern(WriteConcern.MAJORITY.withWTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS));
        this.timeout = timeout;
    }

    LetterCollection timeout(Duration limit) {
        return new LetterCollection(collection, limit);
    }

    Duration timeout() {
        return timeout;
    }

    String name() {
        return collection.getNamespace().getFullName();
    }

    private <T> Optional<T> first(Publisher<T> publisher) throws InterruptedException, TimeoutException {
        return Answer.of(publisher, System.nanoTime() + timeout.toNanos());
    }

    private <T> List<T> all(Publisher<T> publisher) throws InterruptedException, TimeoutException {
        return Answer.all(publisher, System.nanoTime() + timeout.toNanos());
    }

    /**
     * Once, before the first letter. Who may not, or has a member of the replica set down, which keeps an index from being ready, goes
     * without: that is slow with many letters, and no more.
     */
    void index() throws InterruptedException {
        if (isIndexed) {
            return;
        }
        isIndexed = true;
        try {
            createIndex(Indexes.ascending(LetterDocument.WATCHER, "_id"), "letters");
            createIndex(Indexes.ascending(LetterDocument.WATCHER, LetterDocument.KEY, "_id"), "keys");
            createIndex(Indexes.ascending(LetterDocument.PART_OF), "parts");
        } catch (MongoException | TimeoutException e) { // an outage is told by what comes next
            LOG.warn("Going on without the indexes of {}, which is slow with many letters.", name(), e);
        }
    }

    private void createIndex(Bson keys, String name) throws InterruptedException, TimeoutException {
        first(collection.createIndex(
                keys, new IndexOptions().name(name).collation(SIMPLE).sparse(name.equals("parts"))));
    }

    private static Bson one(String watcher, String id) {
        return and(eq("_id", new BsonString(id)), of(watcher));
    }

    private static Bson of(String watcher) {
        return eq(LetterDocument.WATCHER, new BsonString(watcher));
    }

    private static Bson parts(String of, String parts) {
        return and(eq(LetterDocument.PART_OF, new BsonString(of)), eq(LetterDocument.PARTS, new BsonString(parts)));
    }

    /**
     * Waits until the majority has a letter that an earlier attempt, or another process, has written: a failover might still undo that.
     * A write that changes nothing waits for the writes before it. Returns whether it is there.
     */
    boolean makeDurable(String watcher, String id) throws InterruptedException, TimeoutException {
        return set(watcher, id, new BsonDocument("id", new BsonString(id)));
    }

    /** Returns whether there was none with its {@code _id}. */
    boolean insert(BsonDocument document) throws InterruptedException, TimeoutException {
        try {
            first(collection.insertOne(document));
            return true;
        } catch (MongoWriteException e) {
            if (e.getError().getCategory() != ErrorCategory.DUPLICATE_KEY) {
                throw e;
            }
            return false;
        }
    }

    Optional<BsonDocument> find(String watcher, String id) throws InterruptedException, TimeoutException {
        return first(collection.find(one(watcher, id)).collation(SIMPLE).limit(1));
    }

    /** Without their events. */
    List<BsonDocument> headersBehind(String watcher, String after, int limit)
            throws InterruptedException, TimeoutException {
        return all(collection
                .find(and(of(watcher), gt("_id", new BsonString(after))))
                .projection(Projections.exclude(LetterDocument.EVENT))
                .sort(Sorts.ascending("_id"))
                .collation(SIMPLE)
                .limit(limit));
    }

    List<BsonDocument> partsOf(String id, String parts) throws InterruptedException, TimeoutException {
        return all(collection
                .find(parts(id, parts))
                .sort(Sorts.ascending(LetterDocument.NUMBER))
                .collation(SIMPLE)
                .batchSize(1));
    }

    Optional<BsonDocument> oldestOf(String watcher, String key) throws InterruptedException, TimeoutException {
        return first(collection
                .find(and(of(watcher), eq(LetterDocument.KEY, new BsonString(key))))
                .projection(ID_ONLY)
                .sort(Sorts.ascending("_id"))
                .collation(SIMPLE)
                .limit(1));
    }

    List<BsonDocument> keys(String watcher, int limit) throws InterruptedException, TimeoutException {
        return all(collection
                .aggregate(List.of(
                        stage("$match", and(of(watcher), gt(LetterDocument.KEY, new BsonString("")))),
                        stage("$group", new BsonDocument("_id", new BsonString("$" + LetterDocument.KEY))),
                        new BsonDocument("$limit", new BsonInt64(limit))))
                .collation(SIMPLE));
    }

    private static BsonDocument stage(String name, Bson content) {
        return new BsonDocument(
                name, content.toBsonDocument(BsonDocument.class, fromProviders(new BsonValueCodecProvider())));
    }

    /** Returns whether it was there. */
    boolean set(String watcher, String id, BsonDocument fields) throws InterruptedException, TimeoutException {
        return first(collection.updateOne(
                                one(watcher, id),
                                new BsonDocument("$set", fields),
                                new UpdateOptions().collation(SIMPLE)))
                        .orElseThrow()
                        .getMatchedCount()
                > 0;
    }

    /** Returns what was there, without its event. */
    Optional<BsonDocument> remove(String watcher, String id) throws InterruptedException, TimeoutException {
        return first(collection.findOneAndDelete(
                one(watcher, id),
                new FindOneAndDeleteOptions()
                        .projection(Projections.include(LetterDocument.PARTS))
                        .collation(SIMPLE)));
    }

    void removeParts(String id, String parts) throws InterruptedException, TimeoutException {
        first(collection.deleteMany(parts(id, parts), new DeleteOptions().collation(SIMPLE)));
    }

    long count(String watcher) throws InterruptedException, TimeoutException {
        return first(collection.countDocuments(of(watcher), new CountOptions().collation(SIMPLE)))
                .orElseThrow();
    }

    /** By the server's clock. One write, which leaves the document as it is while another holder's time has not passed. */
    boolean reserve(String watcher, String holder, Duration time) throws InterruptedException, TimeoutException {
        BsonDocument mine = BsonDocument.parse("{$or: [{$eq: ['$holder', '']}, {$lte: ['$until', '$$NOW']}]}");
        BsonDocument me = new BsonDocument("$literal", new BsonString(holder));
        mine.getArray("$or").get(0).asDocument().getArray("$eq").set(1, me);
        BsonDocument until = BsonDocument.parse("{$add: ['$$NOW', 0]}");
        until.getArray("$add").set(1, new BsonDouble(time.toMillis()));
        BsonDocument set =
                new BsonDocument("holder", ifElse(mine, me, "$holder")).append("until", ifElse(mine, until, "$until"));
        return first(collection.findOneAndUpdate(
                        reservation(watcher),
                        List.of(new BsonDocument("$set", set)),
                        new FindOneAndUpdateOptions()
                                .upsert(true)
                                .returnDocument(ReturnDocument.AFTER)
                                .collation(SIMPLE)))
                .orElseThrow()
                .getString("holder")
                .getValue()
                .equals(holder);
    }

    private static BsonDocument ifElse(BsonDocument condition, BsonDocument then, String otherwise) {
        return new BsonDocument(
                "$cond",
                new BsonDocument("if", condition).append("then", then).append("else", new BsonString(otherwise)));
    }

    private static Bson reservation(String watcher) {
        return eq("_id", new BsonString("reserved/" + watcher));
    }

    void release(String watcher, String holder) throws InterruptedException, TimeoutException {
        first(collection.deleteOne(
                and(reservation(watcher), eq("holder", new BsonString(holder))),
                new DeleteOptions().collation(SIMPLE)));
    }
}
