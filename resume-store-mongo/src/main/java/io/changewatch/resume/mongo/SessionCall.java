package io.changewatch.resume.mongo;

import static com.mongodb.client.model.Filters.and;

import com.mongodb.MongoException;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.result.UpdateResult;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ConfigurationException;
import io.changewatch.resume.Checkpoint;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;

/**
 * The round trips of one call that go through a session: those of a watcher with transactions.
 *
 * <p>Used by the caller's thread only.
 */
final class SessionCall {
    private final ClientSession session;
    private final StoreCall call;
    private final Holder holder;
    private final MongoCollection<BsonDocument> collection;

    SessionCall(ClientSession session, StoreCall call, Holder holder) {
        this.session = session;
        this.call = call;
        this.holder = holder;
        this.collection = call.collection();
    }

    Optional<Checkpoint> takeOver() throws InterruptedException, TimeoutException {
        holder.uses(session.getServerSession().getIdentifier());
        Optional<BsonDocument> before = findUnlessForeign();
        if (before.isPresent()) {
            Checkpoint unused = call.checkpoint(before.get()); // what is not a checkpoint of this watcher is left alone
            endTransactionOf(before.get());
        }
        Optional<BsonDocument> taken = call.await(collection.findOneAndUpdate(
                session,
                CheckpointDocument.of(call.watcher()),
                holder.takingOver(),
                new FindOneAndUpdateOptions()
                        .returnDocument(ReturnDocument.AFTER)
                        .collation(StoreCall.SIMPLE)));
        holder.saved();
        return taken.map(call::checkpoint);
    }

    /** The driver refuses a session of another client, and knows it only when it is used. */
    private Optional<BsonDocument> findUnlessForeign() throws InterruptedException, TimeoutException {
        try {
            return find();
        } catch (IllegalStateException e) {
            if (!String.valueOf(e.getMessage()).contains("same MongoClient")) {
                throw e;
            }
            throw new ConfigurationException(
                    "Watcher '" + call.watcher() + "' cannot save in transactions in " + call.place()
                            + ": the store has another client than the watcher. Make both with the same one:"
                            + " ChangeWatcher.of(client) and MongoResumeTokenStore.in(client.getDatabase(...)).",
                    e);
        }
    }

    private Optional<BsonDocument> find() throws InterruptedException, TimeoutException {
        return call.await(collection
                .find(session, CheckpointDocument.of(call.watcher()))
                .collation(StoreCall.SIMPLE)
                .first());
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
        holder.uses(session.getServerSession().getIdentifier());
        if (isReplaced(CheckpointDocument.before(offered, call.watcher()), offered)) {
            return true;
        }
        Optional<BsonDocument> found = find();
        if (found.isEmpty()) {
            call.await(
                    collection.insertOne(session, holder.marked(CheckpointDocument.document(offered, call.watcher()))));
            return true;
        }
        return saveOver(found.get(), offered);
    }

    private boolean saveOver(BsonDocument found, Checkpoint offered) throws InterruptedException, TimeoutException {
        Optional<Checkpoint> held = call.heldUnlessItRefuses(found, offered, holder);
        if (held.isPresent() && isAt(held.get(), offered)) {
            return false;
        }
        if (held.isEmpty() || !isReplaced(CheckpointDocument.holding(held.get(), call.watcher()), offered)) {
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
                        holder.marking(new BsonDocument("$set", CheckpointDocument.content(offered, call.watcher()))),
                        new UpdateOptions().collation(StoreCall.SIMPLE)))
                .orElseThrow();
        return result.getMatchedCount() == 1;
    }
}
