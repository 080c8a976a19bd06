package io.changewatch.internal.source;

import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Knows how long a server may be silent, and what to say when it was for longer.
 *
 * <p>The driver would wait for ever on a half-open connection. But a resumed stream may also be silent because the server scans
 * its oplog inside one {@code getMore}, and starts again at the same place with every new cursor. So the margin of a
 * {@code getMore} doubles each time one stays unanswered, and that of an {@code aggregate} likewise. It ends with a batch that
 * shows it is no longer needed: one that came within the first margin, and not merely repeats what came before the silence,
 * as the fragments of an event do that are sent again. Otherwise a server that needs long for every batch, or for the
 * second one, would be given up at the same place for ever.
 *
 * <p>Thread-safe.
 */
final class Watchdog {
    private static final Duration A_MOMENT = Duration.ofSeconds(1);
    static final Duration LARGEST_MARGIN = Duration.ofMinutes(10);

    private final Duration maxAwait;
    private final Duration unresponsiveAfter;
    private final AtomicInteger fruitless = new AtomicInteger();
    private final AtomicInteger fruitlessOpens = new AtomicInteger();
    private final AtomicInteger stuck = new AtomicInteger();
    private volatile boolean suspicious;
    private volatile @Nullable ResumeToken silentAt;

    Watchdog(Duration maxAwait, Duration unresponsiveAfter) {
        this.maxAwait = maxAwait;
        this.unresponsiveAfter = unresponsiveAfter;
    }

    /** How long to look for a connection that answers: this does not depend on what is asked. */
    Duration probeLimit() {
        return unresponsiveAfter;
    }

    Duration openLimit() {
        return marginAfter(fruitlessOpens.get());
    }

    /** For the driver's own time-out, which only ends a command that nobody waits for any more. */
    Duration questionLimit() {
        return openLimit().plus(A_MOMENT);
    }

    Duration getMoreLimit() {
        return maxAwait.plus(marginAfter(fruitless.get()));
    }

    private Duration marginAfter(int silences) {
        Duration margin = unresponsiveAfter;
        for (int i = silences; i > 0 && margin.compareTo(LARGEST_MARGIN) < 0; i--) {
            margin = smaller(margin.multipliedBy(2), LARGEST_MARGIN);
        }
        return margin;
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

    /** A batch came after {@code waited}. */
    void gotBatch(RawBatch batch, Duration waited) {
        suspicious = false;
        boolean soon = waited.compareTo(maxAwait.plus(unresponsiveAfter)) <= 0;
        if (soon && (batch.size() == 0 || isBeyondTheSilence(batch.positionAfter()))) {
            fruitless.set(0);
            fruitlessOpens.set(0);
        }
    }

    private boolean isBeyondTheSilence(@Nullable ResumeToken position) {
        ResumeToken silent = silentAt;
        return silent == null || position == null || !(position.isBefore(silent) || position.isAt(silent));
    }

    /** A getMore stayed unanswered on a stream that had come to {@code position}. */
    void getMoreStalled(@Nullable ResumeToken position) {
        silentAt = position;
        fruitless.incrementAndGet();
    }

    /** An aggregate stayed unanswered. */
    void openStalled() {
        fruitlessOpens.incrementAndGet();
    }

    /** Says that the driver's cursor does not bring an event that is there. */
    StalledStreamException isBehind(String description, Duration waited) {
        suspicious = true;
        return new StalledStreamException(description + " did not come within " + waited
                + ", although another cursor has seen it. The connection may be half-open, or the server is busy or far behind "
                + "the others. Open the stream again: it may then take " + getMoreLimit()
                + ". If this repeats, raise unresponsiveAfter (" + unresponsiveAfter + ").");
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
