package io.changewatch.internal.source;

import static org.bson.codecs.configuration.CodecRegistries.fromCodecs;
import static org.bson.codecs.configuration.CodecRegistries.fromRegistries;

import com.mongodb.MongoCommandException;
import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.codecs.configuration.CodecRegistry;
import org.reactivestreams.Publisher;

/**
 * Commands through the driver.
 *
 * <p>A client's own {@code timeoutMS} would append a {@code maxTimeMS} to each command, which a getMore already carries, and its
 * {@code socketTimeoutMS} would end each getMore that waits or scans for longer. A time-out of 0 switches both off; the
 * server selection's stays and bounds also the wait for a connection of the pool.
 *
 * <p>The session goes back to the driver's pool when nobody uses it any more: the driver fails, and closes the connection,
 * when a reply arrives for a session that was closed meanwhile. Where a cursor may be left in it, it is ended instead.
 *
 * <p>Thread-safe.
 */
final class DriverSession implements CommandSession {
    private static final CodecRegistry REPLY_CODEC = fromCodecs(new ServerReply.ReplyCodec());
    private static final Duration PATIENCE_WHEN_INSISTING = Duration.ofSeconds(2);
    private static final int ATTEMPTS_WHEN_INSISTING = 5;

    private final MongoClient client;
    private final ClientSession session;
    private final MongoDatabase untimed;
    private final MongoDatabase timed;
    /** A primary that steps down closes nothing: it is a secondary then, and keeps the cursor for as long as its session lives. */
    private final CursorHunt formerPrimary;
    /** The commands in flight, plus one until {@link #release()}. */
    private final AtomicInteger users = new AtomicInteger(1);

    private volatile boolean hasStray;

    DriverSession(MongoClient client, ClientSession session, String database) {
        this.client = client;
        this.session = session;
        MongoDatabase target = client.getDatabase(database);
        this.untimed = target.withTimeout(0, TimeUnit.MILLISECONDS)
                .withCodecRegistry(fromRegistries(REPLY_CODEC, target.getCodecRegistry()));
        this.timed = target.withTimeout(PATIENCE_WHEN_INSISTING.toMillis(), TimeUnit.MILLISECONDS);
        this.formerPrimary = new CursorHunt(
                () -> Servers.knowsSecondary(client),
                command -> FirstElement.of(
                        () -> timed.runCommand(session, command, ReadPreference.secondary(), BsonDocument.class)));
    }

    @Override
    public CompletableFuture<ServerReply> send(BsonDocument command) {
        return counted(() -> untimed.runCommand(session, command, ReadPreference.primary(), ServerReply.class));
    }

    /** With the driver's time-out this time, because that also closes a connection that stays silent. */
    @Override
    public CompletableFuture<BsonDocument> kill(BsonDocument killCursors) {
        users.incrementAndGet();
        CompletableFuture<BsonDocument> reply = insist(killCursors, ATTEMPTS_WHEN_INSISTING);
        CompletableFuture<?> unused = reply.thenCompose(answer -> CursorHunt.isKilled(answer)
                        ? CompletableFuture.completedFuture(true)
                        : formerPrimary.end(killCursors))
                .whenComplete((found, failure) -> {
                    hasStray = failure != null || !found;
                    leave();
                });
        return reply;
    }

    private CompletableFuture<BsonDocument> insist(BsonDocument command, int attempts) {
        users.incrementAndGet();
        return counted(() -> timed.runCommand(session, command, ReadPreference.primary(), BsonDocument.class))
                .exceptionallyCompose(failure -> attempts > 1 && isWorthAnotherAttempt(failure)
                        ? insist(command, attempts - 1)
                        : CompletableFuture.failedFuture(failure))
                .whenComplete((reply, failure) -> leave());
    }

    private static boolean isWorthAnotherAttempt(Throwable failure) {
        return !(failure instanceof MongoCommandException) && !(failure instanceof ClientClosedException);
    }

    private <T> CompletableFuture<T> counted(Supplier<Publisher<T>> command) {
        if (!enter()) {
            return CompletableFuture.failedFuture(new CursorClosedException());
        }
        CompletableFuture<T> reply = FirstElement.of(command);
        CompletableFuture<T> unused = reply.whenComplete((result, failure) -> leave());
        return reply;
    }

    @Override
    public boolean knowsServer() {
        return Servers.knows(client);
    }

    @Override
    public String server() {
        return Servers.describe(client);
    }

    @Override
    public void release() {
        leave();
    }

    /** Nobody uses a session again that has gone back to the pool. */
    private boolean enter() {
        return users.getAndUpdate(present -> present == 0 ? 0 : present + 1) > 0;
    }

    private void leave() {
        if (users.decrementAndGet() == 0) {
            if (hasStray) {
                Sessions.end(client, session, ReadPreference.primaryPreferred());
            } else {
                Sessions.giveBack(session);
            }
        }
    }
}
