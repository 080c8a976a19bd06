package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.bson.BsonArray;
import org.bson.BsonDocument;

/**
 * Ends a cursor that the primary does not know because it was opened on the one before.
 *
 * <p>A primary that steps down closes nothing: it is a secondary then, and keeps the cursor until that has been idle for ten
 * minutes. The driver sends no command to one certain server, so the secondaries are asked as it picks them, some times; of
 * one that it does not pick, as it answers later than the others by more than {@code localThresholdMS}, the cursor stays.
 *
 * <p>Thread-safe.
 */
final class FormerPrimary {
    private static final int ATTEMPTS = 16;
    /** In all, they last longer than a getMore that is still in flight there: the driver prefers servers without one. */
    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final MongoClient client;
    private final ClientSession session;
    private final MongoDatabase database;

    FormerPrimary(MongoClient client, ClientSession session, MongoDatabase database) {
        this.client = client;
        this.session = session;
        this.database = database;
    }

    /** Whether this reply to a killCursors tells that the server had the cursor. */
    static boolean isKilled(BsonDocument reply) {
        return !reply.getArray("cursorsKilled", new BsonArray()).isEmpty();
    }

    /** Tells whether the cursor was found; false also when there is nobody to ask. Never fails. */
    CompletableFuture<Boolean> end(BsonDocument killCursors) {
        return end(killCursors, ATTEMPTS);
    }

    private CompletableFuture<Boolean> end(BsonDocument killCursors, int attempts) {
        if (attempts == 0 || !Servers.knowsSecondary(client)) {
            return CompletableFuture.completedFuture(false);
        }
        return FirstElement.of(
                        () -> database.runCommand(session, killCursors, ReadPreference.secondary(), BsonDocument.class))
                .handle((reply, failure) -> failure == null && isKilled(reply))
                .thenCompose(killed -> killed ? CompletableFuture.completedFuture(true) : later(killCursors, attempts));
    }

    private CompletableFuture<Boolean> later(BsonDocument killCursors, int attempts) {
        Executor soon = CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        return CompletableFuture.supplyAsync(() -> attempts - 1, soon).thenCompose(left -> end(killCursors, left));
    }
}
