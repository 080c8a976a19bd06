package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;
import static com.mongodb.client.model.Filters.or;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoWriteException;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.result.UpdateResult;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * One call of a store with its time limit, of all its round trips together.
 *
 * <p>Used by the caller's thread only.
 */
final class StoreCall {
    /** Whatever the collection's own collation: names that differ in case are two watchers, and tokens are hexadecimal. */
    static final Collation SIMPLE = Collation.builder().locale("simple").build();

    private final MongoCollection<BsonDocument> collection;
    private final Duration timeout;
    private final String what;
    private final String watcher;
    private final long deadline;

    StoreCall(MongoCollection<BsonDocument> collection, Duration timeout, String what, String watcher) {
        this.collection = collection;
        this.timeout = timeout;
        this.what = what;
        this.watcher = watcher;
        this.deadline = System.nanoTime() + timeout.toNanos();
    }

    MongoCollection<BsonDocument> collection() {
        return collection;
    }

    String watcher() {
        return watcher;
    }

    String place() {
        return collection.getNamespace().getFullName();
    }

    /** The round trips. */
    interface Request<T> {
        T run(StoreCall call) throws InterruptedException, TimeoutException;
    }

    <T> T run(Request<T> request) {
        return Guard.call(timeout, () -> request.run(this), this::failed);
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

    UpdateResult addToHistory(HistoryPolicy policy, Checkpoint saved) throws InterruptedException, TimeoutException {
        return await(collection.updateOne(
                        HistoryDocument.of(watcher),
                        HistoryDocument.update(policy.add(history(), saved)),
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
