package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.StartPosition;
import java.util.concurrent.CompletableFuture;
import org.bson.BsonTimestamp;

/**
 * Reads change streams with commands of its own, for a replica set or a single mongos: from whoever takes commands with the
 * read preference {@code primary}.
 *
 * <p>The driver's publisher hides the post-batch resume token and where a batch ends, decodes a batch as a whole and copies
 * every event. Here an event stays where it is in the reply, and the next batch is asked for before one is handed out.
 *
 * <p>How long a server may be silent:
 * <pre>
 * looking for a server   the client's serverSelectionTimeout, which the driver keeps: a MongoTimeoutException
 * aggregate              unresponsiveAfter, from when a server is known, doubled as {@link Watchdog} says: a StalledStreamException
 * getMore                maxAwait + unresponsiveAfter, doubled as {@link Watchdog} says: a StalledStreamException
 * killCursors            2 s by the driver, 5 attempts, in the background; close() waits for 1 s of it
 * </pre>
 * After a StalledStreamException the next {@link #open} first looks for a connection that answers: see {@link ConnectionProbe}.
 * The client being closed is a {@link ClientClosedException}.
 *
 * <p>Thread-safe, but one thread opens at a time.
 */
public final class CommandChangeSource implements ChangeSource {
    private final MongoClient client;
    private final StreamCommands commands;
    private final Watchdog watchdog;
    private final ClusterQuestions questions;
    private final ReplyWaiter waiter = new ReplyWaiter();
    private final Patience patience;

    /** A source on the application's client, which stays the application's to close. */
    public CommandChangeSource(MongoClient client, SourceSettings settings) {
        this.client = client;
        this.commands = new StreamCommands(settings);
        this.watchdog = new Watchdog(settings.maxAwait(), settings.unresponsiveAfter());
        this.patience = new Patience(waiter, watchdog);
        this.questions = new ClusterQuestions(client, ReadPreference.primary(), watchdog::questionLimit);
    }

    @Override
    public ChangeCursor open(StartPosition position) throws InterruptedException {
        if (waiter.isClosed()) {
            throw new CursorClosedException();
        }
        if (watchdog.isSuspicious()) {
            new ConnectionProbe(client, ReadPreference.primary()).run(waiter, watchdog.probeLimit());
        }
        ClientSession session = patience.await(Sessions.start(client), "The start of a session", () -> true);
        return open(new DriverSession(client, session, commands.database()), position);
    }

    private ChangeCursor open(CommandSession session, StartPosition position) throws InterruptedException {
        CompletableFuture<ServerReply> opening = session.send(commands.aggregate(position));
        try {
            ServerReply reply = patience.await(
                    opening,
                    "The aggregate on " + commands.target() + " at " + session.server(),
                    Patience.onceTrue(session::knowsServer));
            return new CommandChangeCursor(session, commands, watchdog, reply);
        } catch (RuntimeException | InterruptedException failure) {
            abandon(opening, session);
            throw failure;
        }
    }

    /** A cursor that is opened after all must not stay. */
    private void abandon(CompletableFuture<ServerReply> opening, CommandSession session) {
        CompletableFuture<?> unused = opening.thenCompose(
                        reply -> session.kill(commands.killCursors(CursorReply.read(reply))))
                .whenComplete((killed, failure) -> session.release());
    }

    @Override
    public ClusterFacts facts() throws InterruptedException {
        return patience.await(questions.facts(), "The question which cluster this is", () -> Servers.knows(client));
    }

    @Override
    public BsonTimestamp oldestEntry() throws InterruptedException {
        return patience.await(
                questions.oldestEntry(), "The query for the oplog's oldest entry", () -> Servers.knows(client));
    }

    /** How many commands were given up and still keep a connection, until their socket ends. */
    public int stuckCommands() {
        return watchdog.stuckCommands();
    }

    @Override
    public void close() {
        waiter.close();
    }
}
