package io.changewatch.testkit;

import static java.util.Objects.requireNonNull;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.event.Namespace;
import io.changewatch.testkit.model.Change;
import io.changewatch.testkit.model.ReplicaSetModel;
import io.changewatch.testkit.model.ServerErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * A replica set that is only pretended, for tests of an application's handlers: no server is started. What is written to its
 * collections comes to watchers on its {@link #client()} as from a server, with the same tokens, batches and errors, and it
 * fails when it is told to.
 *
 * {@snippet class="io.changewatch.examples.WithoutServerTest" region="scripted"}
 *
 * <p>It knows change streams only, and of pipelines only {@code $match} with comparisons, {@code $in}, {@code $exists} and
 * the logical operators, and a {@code $project} that keeps whole fields; a watcher with another one, with a collation or with
 * expanded events fails at {@code start()} and says so. Everything else needs a
 * {@link LocalReplicaSet}.
 *
 * <p>A watcher waits between attempts as its {@code retry(...)} says: choose short delays in a test.
 *
 * <p>Thread-safe.
 */
public final class ScriptedReplicaSet implements AutoCloseable {
    /** A server writes a no-op after so long without a write; positions of quiet streams move on by it. */
    private static final Duration IDLE_WRITES = Duration.ofSeconds(10);

    private final ScriptedDocuments documents = new ScriptedDocuments();
    private final ReplicaSetModel model = new ReplicaSetModel(seconds(), documents::lookup);
    private final ScriptedCommands commands = new ScriptedCommands(model);
    private final MongoClient client = new ScriptedClient(commands).client();

    /** The changes of the transaction that is being written; on the commands' thread only. */
    private @Nullable List<Change> transaction;

    /** An empty replica set. */
    public ScriptedReplicaSet() {
        commands.every(IDLE_WRITES, () -> model.write(seconds(), Change.noop()));
    }

    private static int seconds() {
        return (int) (System.currentTimeMillis() / 1_000);
    }

    /** What an application's code takes for a driver's client. {@code close()} of it does nothing. */
    public MongoClient client() {
        return client;
    }

    /** A collection to write to; there is no need to create it. */
    public ScriptedCollection collection(String database, String name) {
        return new ScriptedCollection(
                this, Namespace.of(requireNonNull(database, "database"), requireNonNull(name, "name")));
    }

    /**
     * Everything that {@code writes} writes, on a thread of this replica set, is one transaction: one cluster time, one
     * {@code txnNumber}. Nothing is written if it throws. Not to be nested.
     */
    public void transaction(Runnable writes) {
        requireNonNull(writes, "writes");
        commands.run(() -> {
            List<Change> changes = collect(writes);
            if (!changes.isEmpty()) {
                model.transaction(seconds(), changes);
            }
        });
    }

    private List<Change> collect(Runnable writes) {
        List<Change> changes = new ArrayList<>();
        ScriptedDocuments before = documents.copy();
        transaction = changes;
        try {
            writes.run();
        } catch (RuntimeException | Error aborted) {
            documents.restore(before);
            throw aborted;
        } finally {
            transaction = null;
        }
        return changes;
    }

    /** Writes what {@code operation} makes of the documents. */
    void write(Function<ScriptedDocuments, Change> operation) {
        commands.run(() -> {
            Change change = operation.apply(documents);
            if (transaction == null) {
                model.write(seconds(), change);
            } else {
                transaction.add(change);
            }
        });
    }

    /** Drops a database: its collections, one by one, then itself. Streams of it end with an {@code invalidate}. */
    public void dropDatabase(String database) {
        requireNonNull(database, "database");
        commands.run(() -> {
            for (Namespace collection : documents.of(database)) {
                documents.drop(collection);
                model.write(seconds(), Change.of("drop", collection, new BsonDocument()));
            }
            model.write(seconds(), Change.of("dropDatabase", Namespace.of(database), new BsonDocument()));
        });
    }

    // Faults.

    /** The primary steps down: open streams break, and the first attempt to open one of them again meets no primary. */
    public void stepDown() {
        commands.run(() -> {
            model.elect();
            commands.failStreams(ServerErrors.notPrimary());
        });
    }

    /** Every connection breaks: open streams fail as with a lost network. */
    public void breakConnections() {
        commands.run(() -> model.failCursors(ServerErrors.brokenConnection()));
    }

    /**
     * The next command of a stream, an opening or the reading of a batch, fails with this error of the server; called twice, the
     * next two.
     *
     * @param labels such as {@code ResumableChangeStreamError}
     */
    public void failNext(int code, String... labels) {
        commands.failNext(ServerErrors.command(code, "Error" + code, "The test has asked for this.", labels));
    }

    /**
     * The oplog forgets everything so far: open streams break, and no position before this call can be resumed. What a
     * watcher does then says {@code whenHistoryLost(...)}.
     */
    public void loseHistory() {
        commands.run(() -> {
            model.failCursors(ServerErrors.brokenConnection());
            model.write(seconds(), Change.noop());
            model.write(seconds(), Change.noop());
            model.rollOver(1);
        });
    }

    /** How many change streams are open. */
    public int openStreams() {
        return commands.openStreams();
    }

    /** Ends it. Close the watchers before. */
    @Override
    public void close() {
        commands.close();
    }
}
