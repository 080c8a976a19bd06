package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.or;
import static org.bson.codecs.configuration.CodecRegistries.fromProviders;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoException;
import com.mongodb.MongoWriteException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.DeleteOptions;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.result.UpdateResult;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ConfigurationException;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.resume.TransactionalResumeTokenStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.codecs.BsonValueCodecProvider;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

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
                collection.withDocumentClass(BsonDocument.class), TIMEOUT, new ConcurrentHashMap<>());
    }

    private final MongoCollection<BsonDocument> collection;
    private final Duration timeout;
    private final Map<String, Holder> holders;

    /**
     * Reads what the primary has, whether or not it knows that a majority has it: for a moment after an election it does not,
     * and would return a checkpoint before the last one. What a failover may still undo is no harm: it was handled.
     */
    private MongoResumeTokenStore(
            MongoCollection<BsonDocument> collection, Duration timeout, Map<String, Holder> holders) {
        this.collection = collection
                .withCodecRegistry(fromProviders(new BsonValueCodecProvider()))
                .withReadPreference(ReadPreference.primary())
                .withReadConcern(ReadConcern.LOCAL)
                .withWriteConcern(WriteConcern.MAJORITY.withWTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS));
        this.timeout = timeout;
        this.holders = holders;
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
        return new MongoResumeTokenStore(collection, limit, holders);
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
        return new Call("take over", watcher).run(call -> new SessionCalls(session, call, holder).takeOver());
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
        return new Call("save", watcher).run(call -> new SessionCalls(session, call, holder).save(checkpoint));
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
    public void delete(String watcher) {
        Objects.requireNonNull(watcher, "watcher");
        new Call("delete", watcher)
                .run(call -> call.await(
                        collection.deleteOne(CheckpointDocument.of(watcher), new DeleteOptions().collation(SIMPLE))));
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
            } catch (StoreException | ConfigurationException e) {
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

        /** A session of another client would be refused by the driver in each call. */
        void throwIfForeign(ClientSession session) throws InterruptedException, TimeoutException {
            try {
                await(collection.find(session, CheckpointDocument.of(watcher)).first());
            } catch (IllegalStateException e) {
                throw new ConfigurationException(
                        "Watcher '" + watcher + "' cannot save in transactions in " + place() + ": " + e.getMessage()
                                + ". Make the store with the very client that the watcher has: ChangeWatcher.of(client) and"
                                + " MongoResumeTokenStore.in(client.getDatabase(...)).",
                        e);
            }
        }

        StoreException failed(String reason, @Nullable Exception cause) {
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

        Optional<BsonDocument> find() throws InterruptedException, TimeoutException {
            return await(collection
                    .find(CheckpointDocument.of(watcher))
                    .collation(SIMPLE)
                    .first());
        }

        Checkpoint checkpoint(BsonDocument document) {
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
            return found.isEmpty() ? Optional.empty() : heldUnlessItRefuses(found.get(), offered, holder);
        }

        Optional<Checkpoint> heldUnlessItRefuses(BsonDocument found, Checkpoint offered, Holder holder) {
            if (holder.isTakenOver(found)) {
                throw takenOver(holder.since(found));
            }
            Checkpoint held = checkpoint(found);
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

    /** The round trips of one call in a session. */
    private final class SessionCalls {
        private final ClientSession session;
        private final Call call;
        private final Holder holder;

        SessionCalls(ClientSession session, Call call, Holder holder) {
            this.session = session;
            this.call = call;
            this.holder = holder;
        }

        Optional<Checkpoint> takeOver() throws InterruptedException, TimeoutException {
            call.throwIfForeign(session);
            Optional<BsonDocument> before = call.find();
            if (before.isPresent()) {
                Checkpoint unused =
                        call.checkpoint(before.get()); // what is not a checkpoint of this watcher is left alone
                endTransactionOf(before.get());
            }
            Optional<BsonDocument> taken = call.await(collection.findOneAndUpdate(
                    session,
                    CheckpointDocument.of(call.watcher),
                    holder.takingOver(sessionId()),
                    new FindOneAndUpdateOptions()
                            .returnDocument(ReturnDocument.AFTER)
                            .collation(SIMPLE)));
            holder.saved();
            return taken.map(call::checkpoint);
        }

        private BsonDocument sessionId() {
            return session.getServerSession().getIdentifier();
        }

        /** Where it cannot be ended, the next write waits for its end. */
        private void endTransactionOf(BsonDocument held) throws InterruptedException, TimeoutException {
            Optional<BsonDocument> left = holder.sessionOf(held);
            if (left.isPresent() && session.getOriginator() instanceof MongoClient client) {
                try {
                    call.await(client.getDatabase("admin")
                            .runCommand(new BsonDocument("killSessions", new BsonArray(List.of(left.get())))));
                } catch (MongoException e) {
                    return; // the server ends it after its lifetime
                }
            }
        }

        /** In the session: sees what its transaction has written, and conflicts with who writes the document meanwhile. */
        boolean save(Checkpoint offered) throws InterruptedException, TimeoutException {
            if (isReplaced(CheckpointDocument.before(offered, call.watcher), offered)) {
                return true;
            }
            Optional<BsonDocument> found = call.await(collection
                    .find(session, CheckpointDocument.of(call.watcher))
                    .collation(SIMPLE)
                    .first());
            if (found.isEmpty()) {
                call.await(collection.insertOne(
                        session, holder.marked(CheckpointDocument.document(offered, call.watcher), sessionId())));
                return true;
            }
            return saveOver(found.get(), offered);
        }

        private boolean saveOver(BsonDocument found, Checkpoint offered) throws InterruptedException, TimeoutException {
            Optional<Checkpoint> held = call.heldUnlessItRefuses(found, offered, holder);
            if (held.isPresent() && isAt(held.get(), offered)) {
                return false;
            }
            if (held.isEmpty() || !isReplaced(CheckpointDocument.holding(held.get(), call.watcher), offered)) {
                throw call.failed("the document was changed meanwhile", null);
            }
            return true;
        }

        private static boolean isAt(Checkpoint held, Checkpoint offered) {
            return held.term() == offered.term()
                    && held.clusterTime().equals(offered.clusterTime())
                    && held.token().isAt(offered.token());
        }

        private boolean isReplaced(Bson replaceable, Checkpoint offered) throws InterruptedException, TimeoutException {
            UpdateResult result = call.await(collection.updateOne(
                            session,
                            and(replaceable, holder.mayReplace()),
                            holder.marking(
                                    new BsonDocument("$set", CheckpointDocument.content(offered, call.watcher)),
                                    sessionId()),
                            new UpdateOptions().collation(SIMPLE)))
                    .orElseThrow();
            return result.getMatchedCount() == 1;
        }
    }

    /** The round trips of one call. */
    private interface Request<T> {
        T run(Call call) throws InterruptedException, TimeoutException;
    }
}
