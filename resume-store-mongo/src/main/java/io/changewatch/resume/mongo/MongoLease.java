package io.changewatch.resume.mongo;

import static org.bson.codecs.configuration.CodecRegistries.fromProviders;

import com.mongodb.MongoCommandException;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.result.UpdateResult;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatchException;
import io.changewatch.ConfigurationException;
import io.changewatch.lease.Claim;
import io.changewatch.lease.Lease;
import io.changewatch.lease.LeaseException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.bson.codecs.BsonValueCodecProvider;
import org.reactivestreams.Publisher;

/**
 * Leases in documents of a MongoDB collection, one for each watcher name, by default in {@code changewatch_leases}.
 *
 * {@snippet class="io.changewatch.examples.OneActiveOfMany" region="lease"}
 *
 * <p>Times are the server's: an update compares and writes {@code $$NOW}, so the clocks of the instances do not matter. Those of
 * the members of the replica set do, a little: a new primary whose clock is ahead ends a lease by as much earlier. Even then the terms
 * keep the checkpoint safe. Every change is acknowledged by a majority, so no failover gives a term to two holders.
 *
 * <p>An instance that holds the lease makes one update for each third of {@link #ttl()}; one that stands by makes one
 * {@code findAndModify} about every 400 ms, which changes nothing. The watched collection must not contain the leases, as with the
 * checkpoints.
 *
 * <p>The user needs {@code find}, {@code insert} and {@code update} on the collection. The server must be 4.2 or later.
 *
 * <p>Thread-safe.
 */
public final class MongoLease implements Lease {

    private static final String COLLECTION = "changewatch_leases";
    private static final Duration TTL = Duration.ofSeconds(15);
    private static final Duration LONGEST_CALL = Duration.ofSeconds(5);
    private static final Collation SIMPLE = Collation.builder().locale("simple").build();
    private static final int DUPLICATE_KEY = 11_000;

    private final MongoCollection<BsonDocument> collection;
    private final Duration ttl;

    private MongoLease(MongoCollection<BsonDocument> collection, Duration ttl) {
        this.collection = collection
                .withCodecRegistry(fromProviders(new BsonValueCodecProvider()))
                .withReadPreference(ReadPreference.primary())
                .withWriteConcern(
                        WriteConcern.MAJORITY.withWTimeout(callLimit(ttl).toMillis(), TimeUnit.MILLISECONDS));
        this.ttl = ttl;
    }

    /** Leases in the collection {@code changewatch_leases} of {@code database}. */
    public static MongoLease in(MongoDatabase database) {
        return in(Objects.requireNonNull(database, "database").getCollection(COLLECTION, BsonDocument.class));
    }

    /** Leases in {@code collection}; its own codecs and concerns do not matter. */
    public static MongoLease in(MongoCollection<?> collection) {
        Objects.requireNonNull(collection, "collection");
        return new MongoLease(collection.withDocumentClass(BsonDocument.class), TTL);
    }

    /**
     * The same leases with another time to live; default 15 s. It is how long nobody watches after an instance has died, and how
     * long a failover or a garbage collection may take without costing the lease, less a tenth. All instances should use the same.
     *
     * @throws IllegalArgumentException if {@code time} is shorter than 1 s or longer than 1 h
     */
    public MongoLease ttl(Duration time) {
        Objects.requireNonNull(time, "time");
        if (time.compareTo(Duration.ofSeconds(1)) < 0 || time.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("ttl(" + time + "): a time from 1 s to 1 h is needed.");
        }
        return new MongoLease(collection, time);
    }

    @Override
    public Duration ttl() {
        return ttl;
    }

    /** A third of the time to live, so that two attempts fit in, and 5 s at most. */
    private static Duration callLimit(Duration ttl) {
        Duration third = ttl.dividedBy(3);
        return third.compareTo(LONGEST_CALL) < 0 ? third : LONGEST_CALL;
    }

    /**
     * {@inheritDoc}
     *
     * @throws LeaseException if the server fails, or does not answer within a third of the time to live, 5 s at most
     * @throws ConfigurationException if the user may not find, insert and update there
     */
    @Override
    public Claim acquire(String watcher, String holder, long above) {
        requireNames(watcher, holder);
        return guarded("ask for", watcher, deadline -> claim(watcher, holder, above, deadline));
    }

    /** Of two who make the document at once, one fails on its {@code _id}, and finds it at the second try. */
    private Claim claim(String watcher, String holder, long above, long deadline)
            throws InterruptedException, TimeoutException {
        try {
            return claimOnce(watcher, holder, above, deadline);
        } catch (MongoCommandException e) {
            if (e.getErrorCode() != DUPLICATE_KEY) {
                throw e;
            }
            return claimOnce(watcher, holder, above, deadline);
        }
    }

    private Claim claimOnce(String watcher, String holder, long above, long deadline)
            throws InterruptedException, TimeoutException {
        Publisher<BsonDocument> update = collection.findOneAndUpdate(
                LeaseDocument.of(watcher),
                LeaseDocument.acquisition(holder, above, ttl),
                new FindOneAndUpdateOptions()
                        .upsert(true)
                        .returnDocument(ReturnDocument.AFTER)
                        .collation(SIMPLE));
        return LeaseDocument.claim(Answer.of(update, deadline).orElseThrow(), holder);
    }

    /**
     * {@inheritDoc}
     *
     * @throws LeaseException as {@link #acquire}
     */
    @Override
    public boolean renew(String watcher, String holder, long term) {
        requireNames(watcher, holder);
        return guarded("renew", watcher, deadline -> {
            Publisher<UpdateResult> update = collection.updateOne(
                    LeaseDocument.heldBy(watcher, holder, term),
                    LeaseDocument.renewal(ttl),
                    new UpdateOptions().collation(SIMPLE));
            return Answer.of(update, deadline).orElseThrow().getMatchedCount() > 0;
        });
    }

    /**
     * {@inheritDoc}
     *
     * @throws LeaseException as {@link #acquire}
     */
    @Override
    public void release(String watcher, String holder, long term) {
        requireNames(watcher, holder);
        guarded(
                "give back",
                watcher,
                deadline -> Answer.of(
                        collection.updateOne(
                                LeaseDocument.heldBy(watcher, holder, term),
                                LeaseDocument.release(),
                                new UpdateOptions().collation(SIMPLE)),
                        deadline));
    }

    private static void requireNames(String watcher, String holder) {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(holder, "holder");
    }

    private <V> V guarded(String what, String watcher, Question<V> question) {
        Duration limit = callLimit(ttl);
        return Guard.call(
                limit,
                () -> question.ask(System.nanoTime() + limit.toNanos()),
                (reason, cause) -> failed(what, watcher, reason, cause));
    }

    private ChangeWatchException failed(String what, String watcher, String reason, Exception cause) {
        String message = "Cannot " + what + " the lease of watcher '" + watcher + "' in "
                + collection.getNamespace().getFullName() + ": " + reason
                + ". Check that the server is up, and that the user may find, insert and update there.";
        return Guard.isRefused(cause) ? new ConfigurationException(message, cause) : new LeaseException(message, cause);
    }

    /** Round trips until a deadline, a {@link System#nanoTime()}. */
    @FunctionalInterface
    private interface Question<V> {
        V ask(long deadline) throws InterruptedException, TimeoutException;
    }
}
