package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.or;
import static org.bson.codecs.configuration.CodecRegistries.fromProviders;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoWriteException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.DeleteOptions;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.result.UpdateResult;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.bson.codecs.BsonValueCodecProvider;
import org.bson.conversions.Bson;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps each watcher's checkpoint in a document of a MongoDB collection, by default {@code changewatch_checkpoints}.
 *
 * {@snippet class="io.changewatch.examples.OneUsersUpdates" region="filter"}
 *
 * <p>The database may be on another server than the one that is watched. In the watched one the collection makes an event of
 * each save if the watcher's scope contains it: watch collections, or give the store a database of its own.
 *
 * <p>A save is one conditional write that a majority acknowledges: no failover undoes it, and the server itself refuses an
 * older position or a lower term, so two watchers of one name cannot move each other back. A write whose answer was lost is
 * simply made again.
 *
 * <p>Of two watchers of one name, the newcomer wins: its first save marks the document as its own, and the next save of the other
 * one is refused with a {@link StoreLockedException}, which ends that watcher. Nothing is lost by that, but until then both
 * handle events: this is no lease. Two watchers on one store object are refused at the start of the second. Who only loads takes
 * nothing over.
 *
 * <p>The user needs {@code find}, {@code insert}, {@code update} and {@code remove} on the collection.
 *
 * <p>Thread-safe.
 */
public final class MongoResumeTokenStore implements ResumeTokenStore {

    private static final Logger LOG = LoggerFactory.getLogger(MongoResumeTokenStore.class);
    private static final String COLLECTION = "changewatch_checkpoints";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Whatever the collection's own collation: names that differ in case are two watchers, and tokens are hexadecimal. */
    private static final Collation SIMPLE = Collation.builder().locale("simple").build();

    /** Keeps checkpoints in the collection {@code changewatch_checkpoints} of {@code database}. */
    public static MongoResumeTokenStore in(MongoDatabase database) {
        return in(Objects.requireNonNull(database, "database").getCollection(COLLECTION, BsonDocument.class));
    }

    /** Keeps checkpoints in {@code collection}; its own codecs and read and write concerns do not matter. */
    public static MongoResumeTokenStore in(MongoCollection<?> collection) {
        Objects.requireNonNull(collection, "collection");
        return new MongoResumeTokenStore(
                collection.withDocumentClass(BsonDocument.class),
                TIMEOUT,
                new ConcurrentHashMap<>(),
                HistoryPolicy.standard());
    }

    private final MongoCollection<BsonDocument> collection;
    private final Duration timeout;
    private final Map<String, Holder> holders;
    private final HistoryPolicy history;
    private final Map<String, Instant> newestInHistory = new ConcurrentHashMap<>();

    /**
     * Reads what the primary has, whether or not it knows that a majority has it: for a moment after an election it does not,
     * and would return a checkpoint before the last one. What a failover may still undo is no harm: it was handled.
     */
    private MongoResumeTokenStore(
            MongoCollection<BsonDocument> collection,
            Duration timeout,
            Map<String, Holder> holders,
            HistoryPolicy history) {
        this.collection = collection
                .withCodecRegistry(fromProviders(new BsonValueCodecProvider()))
                .withReadPreference(ReadPreference.primary())
                .withReadConcern(ReadConcern.LOCAL)
                .withWriteConcern(WriteConcern.MAJORITY.withWTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS));
        this.timeout = timeout;
        this.holders = holders;
        this.history = history;
    }

    /**
     * The same store with another limit for each call, of all its round trips together; default 10 s.
     *
     * @throws IllegalArgumentException if {@code limit} is shorter than 1 ms or longer than 24 days
     */
    public MongoResumeTokenStore timeout(Duration limit) {
        Objects.requireNonNull(limit, "limit");
        if (limit.compareTo(Duration.ofMillis(1)) < 0 || limit.compareTo(Duration.ofDays(24)) > 0) {
            throw new IllegalArgumentException("timeout(" + limit + "): a limit from 1 ms to 24 days is needed.");
        }
        return new MongoResumeTokenStore(collection, limit, holders, history);
    }

    /**
     * The same store with another history of earlier checkpoints. It is kept in a document of its own beside each watcher's, which
     * is read and written after the save of a checkpoint that is due for it: a save at other times costs nothing more. A
     * failure is logged, and the checkpoint is left out. Default: {@link HistoryPolicy#standard()}.
     */
    public MongoResumeTokenStore keepHistory(HistoryPolicy policy) {
        return new MongoResumeTokenStore(collection, timeout, holders, Objects.requireNonNull(policy, "policy"));
    }

    /**
     * {@inheritDoc} Does not ask the server: whoever holds the document there is told by the first save.
     *
     * @throws StoreLockedException if another watcher of this store object has it
     */
    @Override
    public void acquire(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        if (!holders.computeIfAbsent(watcher, name -> new Holder()).take()) {
            throw new StoreLockedException(
                    "Cannot take the place of watcher '" + watcher + "' in " + place()
                            + ": another watcher of this store has it. Stop the other watcher of this name, or give this one"
                            + " another name.",
                    null);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws CorruptCheckpointException if the document is damaged, was not written by ChangeWatch or is another watcher's
     * @throws StoreException if the server fails, or does not answer within the time limit
     */
    @Override
    public Optional<Checkpoint> load(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        return new Call("load", watcher).run(Call::read);
    }

    /**
     * {@inheritDoc}
     *
     * @throws StaleCheckpointException if the document holds a newer checkpoint or a higher term
     * @throws StoreLockedException if another store has saved there since this one did
     * @throws CorruptCheckpointException if the document there is damaged, was not written by ChangeWatch or is another watcher's
     * @throws StoreException if the server fails, or does not answer within the time limit; it may have saved all the same,
     *     and saving again is safe
     */
    @Override
    public void save(String watcher, Checkpoint checkpoint) {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(checkpoint, "checkpoint");
        Holder holder = holders.computeIfAbsent(watcher, name -> new Holder());
        new Call("save", watcher).run(call -> call.save(checkpoint, holder));
        addToHistory(watcher, checkpoint);
    }

    /**
     * {@inheritDoc} One conditional write, like {@link #save}.
     *
     * @throws StaleCheckpointException if the document holds a higher term
     * @throws StoreLockedException if another store has saved there since this one did
     * @throws CorruptCheckpointException if the document there is damaged, was not written by ChangeWatch or is another watcher's
     * @throws StoreException if the server fails, or does not answer within the time limit; it may have saved all the same,
     *     and resetting again is safe
     */
    @Override
    public void reset(String watcher, Checkpoint checkpoint) {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(checkpoint, "checkpoint");
        Holder holder = holders.computeIfAbsent(watcher, name -> new Holder());
        new Call("reset", watcher).run(call -> call.reset(checkpoint, holder));
        addToHistory(watcher, checkpoint);
    }

    /**
     * {@inheritDoc}
     *
     * @throws StoreException if the server fails, or does not answer within the time limit
     */
    @Override
    public List<Checkpoint> history(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        return new Call("read the history of", watcher).run(Call::history);
    }

    /** Of a failure only those are deprived who look back later. */
    private void addToHistory(String watcher, Checkpoint saved) {
        if (!history.isDue(Optional.ofNullable(newestInHistory.get(watcher)), saved)) {
            return;
        }
        newestInHistory.put(watcher, saved.savedAt()); // also after a failure, which is not tried again with each save
        try {
            new Call("add to the history", watcher).run(call -> call.addToHistory(saved));
        } catch (StoreException e) {
            LOG.warn("[{}] The history in {} lacks a checkpoint.", watcher, place(), e);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws StoreException if the server fails, or does not answer within the time limit
     */
    @Override
    public void delete(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        new Call("delete", watcher)
                .run(call -> call.await(collection.deleteMany(
                        or(CheckpointDocument.of(watcher), HistoryDocument.of(watcher)),
                        new DeleteOptions().collation(SIMPLE))));
        newestInHistory.remove(watcher);
    }

    /** Forgets that the document is this store's. What is saved stays. */
    @Override
    public void release(String watcher) {
        holders.remove(Objects.requireNonNull(watcher, "watcher"));
    }

    private String place() {
        return collection.getNamespace().getFullName();
    }

    /** One call with its time limit; used by the caller's thread only. */
    private final class Call {
        private final String what;
        private final String watcher;
        private final long deadline = System.nanoTime() + timeout.toNanos();

        Call(String what, String watcher) {
            this.what = what;
            this.watcher = watcher;
        }

        <T> T run(Request<T> request) {
            try {
                return request.run(this);
            } catch (StoreException e) {
                throw e;
            } catch (TimeoutException e) {
                throw failed("no answer within " + timeout, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw failed("this thread was interrupted", e);
            } catch (RuntimeException e) { // the driver's own types and whatever its parts throw
                throw failed(e.getClass().getSimpleName() + ": " + e.getMessage(), e);
            }
        }

        private StoreException failed(String reason, Exception cause) {
            return new StoreException(
                    "Cannot " + what + " the checkpoint of watcher '" + watcher + "' in " + place() + ": " + reason
                            + ". Check that the server is up and that the user may find, insert, update and remove there.",
                    cause);
        }

        <T> Optional<T> await(Publisher<T> publisher) throws InterruptedException, TimeoutException {
            return Answer.of(publisher, deadline);
        }

        Optional<Checkpoint> read() throws InterruptedException, TimeoutException {
            return find().map(this::checkpoint);
        }

        private Optional<BsonDocument> find() throws InterruptedException, TimeoutException {
            return await(collection
                    .find(CheckpointDocument.of(watcher))
                    .collation(SIMPLE)
                    .first());
        }

        private Checkpoint checkpoint(BsonDocument document) {
            try {
                return CheckpointDocument.read(document, watcher);
            } catch (CorruptCheckpointException e) {
                throw new CorruptCheckpointException(
                        "Cannot use the document with the _id '" + watcher + "' in " + place() + ": " + e.getMessage()
                                + " Restore it from a backup, or delete it to begin anew, which leaves out what happened since.",
                        e);
            }
        }

        /**
         * A document that the condition does not match makes the upsert fail on its {@code _id}. Unless that document is newer, a
         * second try finds it as it is: another thread or process made it between the two halves of the upsert, or it is of the
         * same cluster time, within which the server does not know the order of tokens.
         */
        UpdateResult save(Checkpoint offered, Holder holder) throws InterruptedException, TimeoutException {
            UpdateResult result;
            try {
                result = upsert(CheckpointDocument.olderThan(offered, watcher), offered, holder);
            } catch (MongoWriteException e) {
                if (e.getError().getCategory() != ErrorCategory.DUPLICATE_KEY) {
                    throw e;
                }
                result = saveOverWhatIsThere(offered, holder);
            }
            holder.saved();
            return result;
        }

        /** A document that refuses makes the upsert fail, as in {@link #save}; one that was made meanwhile is found by a second try. */
        UpdateResult reset(Checkpoint offered, Holder holder) throws InterruptedException, TimeoutException {
            Bson replaceable = CheckpointDocument.ofNoHigherTermThan(offered, watcher);
            UpdateResult result;
            try {
                result = upsert(replaceable, offered, holder);
            } catch (MongoWriteException e) {
                if (e.getError().getCategory() != ErrorCategory.DUPLICATE_KEY) {
                    throw e;
                }
                throwIfItRefusesAReset(offered, holder);
                result = upsert(replaceable, offered, holder);
            }
            holder.saved();
            return result;
        }

        private void throwIfItRefusesAReset(Checkpoint offered, Holder holder)
                throws InterruptedException, TimeoutException {
            Optional<BsonDocument> found = find();
            if (found.isEmpty()) {
                return;
            }
            if (holder.isTakenOver(found.get())) {
                throw takenOver(holder.since(found.get()));
            }
            Checkpoint held = checkpoint(found.get());
            if (offered.term() < held.term()) {
                throw StaleCheckpointException.refusing(watcher, place(), offered, held);
            }
        }

        List<Checkpoint> history() throws InterruptedException, TimeoutException {
            return await(collection
                            .find(HistoryDocument.of(watcher))
                            .collation(SIMPLE)
                            .first())
                    .map(HistoryDocument::read)
                    .orElse(List.of());
        }

        UpdateResult addToHistory(Checkpoint saved) throws InterruptedException, TimeoutException {
            return await(collection.updateOne(
                            HistoryDocument.of(watcher),
                            HistoryDocument.update(history.add(history(), saved)),
                            new UpdateOptions().upsert(true).collation(SIMPLE)))
                    .orElseThrow();
        }

        private UpdateResult saveOverWhatIsThere(Checkpoint offered, Holder holder)
                throws InterruptedException, TimeoutException {
            Bson older = CheckpointDocument.olderThan(offered, watcher);
            Bson replaceable = heldUnlessItRefuses(offered, holder)
                    .map(held -> or(older, CheckpointDocument.holding(held, watcher)))
                    .orElse(older);
            return upsert(replaceable, offered, holder);
        }

        private UpdateResult upsert(Bson replaceable, Checkpoint offered, Holder holder)
                throws InterruptedException, TimeoutException {
            return await(collection.updateOne(
                            and(replaceable, holder.mayReplace()),
                            holder.marking(new BsonDocument("$set", CheckpointDocument.content(offered, watcher))),
                            new UpdateOptions().upsert(true).collation(SIMPLE)))
                    .orElseThrow();
        }

        /** What is there and may be replaced; empty where it is gone meanwhile. */
        private Optional<Checkpoint> heldUnlessItRefuses(Checkpoint offered, Holder holder)
                throws InterruptedException, TimeoutException {
            Optional<BsonDocument> found = find();
            if (found.isEmpty()) {
                return Optional.empty();
            }
            if (holder.isTakenOver(found.get())) {
                throw takenOver(holder.since(found.get()));
            }
            Checkpoint held = checkpoint(found.get());
            if (offered.isOlderThan(held)) {
                throw StaleCheckpointException.refusing(watcher, place(), offered, held);
            }
            return Optional.of(held);
        }

        private StoreLockedException takenOver(String since) {
            return new StoreLockedException(
                    "Refused a checkpoint of watcher '" + watcher + "' in " + place()
                            + ": another watcher of this name has taken over" + since
                            + ". Stop one of them or give it another name. The other one goes on from what was saved, so nothing is"
                            + " lost.",
                    null);
        }
    }

    /** The round trips of one call. */
    private interface Request<T> {
        T run(Call call) throws InterruptedException, TimeoutException;
    }
}
