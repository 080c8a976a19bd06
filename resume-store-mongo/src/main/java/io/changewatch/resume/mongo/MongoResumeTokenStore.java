package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.or;
import static org.bson.codecs.configuration.CodecRegistries.fromProviders;

import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.model.DeleteOptions;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ConfigurationException;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.resume.TransactionalResumeTokenStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.codecs.BsonValueCodecProvider;
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
public final class MongoResumeTokenStore implements TransactionalResumeTokenStore {

    private static final Logger LOG = LoggerFactory.getLogger(MongoResumeTokenStore.class);
    private static final String COLLECTION = "changewatch_checkpoints";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

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
        return call("load", watcher).run(StoreCall::read);
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
        call("save", watcher).run(call -> call.save(checkpoint, holder(watcher)));
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
        call("reset", watcher).run(call -> call.reset(checkpoint, holder(watcher)));
        addToHistory(watcher, checkpoint);
    }

    /**
     * {@inheritDoc} A transaction that the watcher before has left open is ended: the server would keep it for a minute after a kill.
     *
     * @throws CorruptCheckpointException as {@link #load}
     * @throws ConfigurationException if the session is of another client than the collection
     * @throws StoreException if the server fails, or does not answer within the time limit
     */
    @Override
    public Optional<Checkpoint> takeOver(ClientSession session, String watcher) {
        Objects.requireNonNull(session, "session");
        Holder holder = holder(watcher);
        return call("take over", watcher).run(call -> new SessionCall(session, call, holder).takeOver());
    }

    /**
     * {@inheritDoc}
     *
     * @throws StaleCheckpointException as {@link #save}
     * @throws StoreLockedException as {@link #save}
     * @throws CorruptCheckpointException as {@link #save}
     * @throws StoreException if the server fails, or does not answer within the time limit; the transaction has to be aborted
     */
    @Override
    public boolean saveIn(ClientSession session, String watcher, Checkpoint checkpoint) {
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(checkpoint, "checkpoint");
        Holder holder = holder(watcher);
        return call("save", watcher).run(call -> new SessionCall(session, call, holder).save(checkpoint));
    }

    @Override
    public void committed(String watcher, Checkpoint checkpoint) {
        addToHistory(watcher, checkpoint);
    }

    private StoreCall call(String what, String watcher) {
        return new StoreCall(collection, timeout, what, watcher);
    }

    private Holder holder(String watcher) {
        return holders.computeIfAbsent(Objects.requireNonNull(watcher, "watcher"), name -> new Holder());
    }

    /**
     * {@inheritDoc}
     *
     * @throws StoreException if the server fails, or does not answer within the time limit
     */
    @Override
    public List<Checkpoint> history(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        return call("read the history of", watcher).run(StoreCall::history);
    }

    /** Of a failure only those are deprived who look back later. */
    private void addToHistory(String watcher, Checkpoint saved) {
        if (!history.isDue(Optional.ofNullable(newestInHistory.get(watcher)), saved)) {
            return;
        }
        newestInHistory.put(watcher, saved.savedAt()); // also after a failure, which is not tried again with each save
        try {
            call("add to the history", watcher).run(call -> call.addToHistory(history, saved));
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
        call("delete", watcher)
                .run(call -> call.await(collection.deleteMany(
                        or(CheckpointDocument.of(watcher), HistoryDocument.of(watcher)),
                        new DeleteOptions().collation(StoreCall.SIMPLE))));
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
}
