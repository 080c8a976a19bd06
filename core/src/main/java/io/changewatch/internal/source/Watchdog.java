package io.changewatch.internal.source;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Knows how long a server may be silent, and what to say when it was for longer.
 *
 * <p>The driver would wait for ever on a half-open connection. But a resumed stream may also be silent because the server scans
 * its oplog inside the first {@code getMore}, and starts again at the same place with every new cursor. So the margin
 * of a {@code getMore} doubles each time a cursor's first one stays unanswered, until any batch arrives.
 *
 * <p>Thread-safe.
 */
final class Watchdog {
    static final Duration LARGEST_MARGIN = Duration.ofMinutes(10);

    private final Duration maxAwait;
    private final Duration unresponsiveAfter;
    private final AtomicInteger fruitless = new AtomicInteger();
    private final AtomicInteger stuck = new AtomicInteger();
    private volatile boolean suspicious;

    Watchdog(Duration maxAwait, Duration unresponsiveAfter) {
        this.maxAwait = maxAwait;
        this.unresponsiveAfter = unresponsiveAfter;
    }

    Duration openLimit() {
        return unresponsiveAfter;
    }

    Duration getMoreLimit() {
        Duration margin = unresponsiveAfter;
        for (int i = fruitless.get(); i > 0 && margin.compareTo(LARGEST_MARGIN) < 0; i--) {
            margin = smaller(margin.multipliedBy(2), LARGEST_MARGIN);
        }
        return maxAwait.plus(margin);
    }

    private static Duration smaller(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** How many commands were given up and have not ended since: each keeps a connection of the client's pool. */
    int stuckCommands() {
        return stuck.get();
    }

    /** Whether the last command stayed unanswered, so that other connections of the pool may be dead as well. */
    boolean isSuspicious() {
        return suspicious;
    }

    void gotBatch() {
        fruitless.set(0);
        suspicious = false;
    }

    void firstGetMoreStalled() {
        fruitless.incrementAndGet();
    }

    /** Gives {@code command} up and says so. */
    StalledStreamException giveUp(CompletableFuture<?> command, String description, Duration waited) {
        suspicious = true;
        stuck.incrementAndGet();
        CompletableFuture<?> unused = command.whenComplete((reply, failure) -> stuck.decrementAndGet());
        return new StalledStreamException(description + " was not answered within " + waited
                + ". The connection may be half-open, or the server is busy, for example with a long scan of its oplog."
                + " It was given up and its cursor will be killed through another connection; commands given up and still"
                + " on their connection: " + stuckCommands()
                + ". Open the stream again: its first getMore may then take "
                + getMoreLimit() + ". If this repeats, raise unresponsiveAfter (" + unresponsiveAfter + ").");
    }
}
