package io.changewatch.internal.source;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;

/**
 * Ends a cursor of which it is not known which server has it.
 *
 * <p>The driver sends no command to one certain server, but to the one with the fewest in flight. So first one killCursors is
 * sent, then two at once, then three, until a server answers that it had the cursor: each makes the server that it went to
 * less attractive for the next, and so they reach also the one that always has the getMore of a stream in flight. On a server
 * that the driver does not pick at all, as it answers later than the others by more than {@code localThresholdMS}, the cursor
 * stays until its session ends.
 *
 * <p>Thread-safe.
 */
final class CursorHunt {
    private static final int ATTEMPTS = 16;
    private static final int MOST_AT_ONCE = 4;
    /** In all, they last longer than a getMore that is in flight on a server when the hunt begins. */
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
        return end(killCursors, 1);
    }

    private CompletableFuture<Boolean> end(BsonDocument killCursors, int attempt) {
        if (attempt > ATTEMPTS || !isAnybodyThere()) {
            return CompletableFuture.completedFuture(false);
        }
        return askAtOnce(killCursors, Math.min(attempt, MOST_AT_ONCE))
                .thenCompose(killed -> killed ? CompletableFuture.completedFuture(true) : later(killCursors, attempt));
    }

    private boolean isAnybodyThere() {
        try {
            return anybody.getAsBoolean();
        } catch (RuntimeException e) { // of a read preference that does not fit these servers
            return false;
        }
    }

    /** True as soon as one had the cursor, whatever the others say, or whether they say anything. */
    private CompletableFuture<Boolean> askAtOnce(BsonDocument killCursors, int times) {
        CompletableFuture<Boolean> found = new CompletableFuture<>();
        CompletableFuture<?>[] asked =
                Stream.generate(() -> ask(killCursors, found)).limit(times).toArray(CompletableFuture[]::new);
        CompletableFuture<?> unused =
                CompletableFuture.allOf(asked).whenComplete((all, failure) -> found.complete(false));
        return found;
    }

    private CompletableFuture<?> ask(BsonDocument killCursors, CompletableFuture<Boolean> found) {
        return ask.apply(killCursors).whenComplete((reply, failure) -> {
            if (failure == null && isKilled(reply)) {
                found.complete(true);
            }
        });
    }

    private CompletableFuture<Boolean> later(BsonDocument killCursors, int attempt) {
        Executor soon = CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
        return CompletableFuture.supplyAsync(() -> attempt + 1, soon).thenCompose(next -> end(killCursors, next));
    }
}
