package io.changewatch.internal.source;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.bson.BsonArray;
import org.bson.BsonDocument;

/**
 * Ends a cursor of which it is not known which server has it.
 *
 * <p>The driver sends no command to one certain server, so whoever it picks is asked, some times, until one answers that it
 * had the cursor. On one that it does not pick, as it answers later than the others by more than {@code localThresholdMS},
 * the cursor stays until it has been idle for ten minutes.
 *
 * <p>Thread-safe.
 */
final class CursorHunt {
    private static final int ATTEMPTS = 16;
    /** In all, they last longer than a getMore that is still in flight there: the driver prefers servers without one. */
    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final BooleanSupplier anybody;
    private final Function<BsonDocument, CompletableFuture<BsonDocument>> ask;

    /**
     * A hunt among servers.
     *
     * @param anybody whether the driver knows one at present
     * @param ask sends a command to one of them
     */
    CursorHunt(BooleanSupplier anybody, Function<BsonDocument, CompletableFuture<BsonDocument>> ask) {
        this.anybody = anybody;
        this.ask = ask;
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
        if (attempts == 0 || !anybody.getAsBoolean()) {
            return CompletableFuture.completedFuture(false);
        }
        return ask.apply(killCursors)
                .handle((reply, failure) -> failure == null && isKilled(reply))
                .thenCompose(killed -> killed ? CompletableFuture.completedFuture(true) : later(killCursors, attempts));
    }

    private CompletableFuture<Boolean> later(BsonDocument killCursors, int attempts) {
        Executor soon = CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        return CompletableFuture.supplyAsync(() -> attempts - 1, soon).thenCompose(left -> end(killCursors, left));
    }
}
