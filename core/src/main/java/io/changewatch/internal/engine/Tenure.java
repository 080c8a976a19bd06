package io.changewatch.internal.engine;

import io.changewatch.internal.checkpoint.Fence;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time for which this instance has the lease, by its own clock: from before it asked, and a tenth shorter than the lease
 * lasts, for clocks that run at different speeds and for what lies between a look at the clock and what is done then.
 *
 * <p>Thread-safe: written by the lease's thread, read for each event by those that hand out and save.
 */
final class Tenure implements Fence {
    private final String watcher;
    private final LongSupplier nanoTime;
    private final long lengthNanos;
    private volatile long term;
    private volatile long endNanos;
    private volatile boolean ended;

    Tenure(String watcher, Duration ttl, LongSupplier nanoTime) {
        this.watcher = watcher;
        this.nanoTime = nanoTime;
        this.lengthNanos = ttl.toNanos() / 10 * 9;
    }

    /** The lease was granted for this term, asked for at {@code askedNanos}. */
    void begins(long granted, long askedNanos) {
        term = granted;
        endNanos = askedNanos + lengthNanos;
    }

    /** The lease was renewed, asked for at {@code askedNanos}. */
    void goesOn(long askedNanos) {
        endNanos = askedNanos + lengthNanos;
    }

    /** It is over, whatever the clock says. */
    void ends() {
        ended = true;
    }

    /** What is left; zero if it is over. */
    Duration left() {
        return Duration.ofNanos(ended ? 0 : Math.max(0, endNanos - nanoTime.getAsLong()));
    }

    boolean isOver() {
        return ended || nanoTime.getAsLong() - endNanos >= 0;
    }

    @Override
    public long term() {
        return term;
    }

    @Override
    public void throwIfOver() {
        if (isOver()) {
            throw LostLease.expired(watcher, term, null);
        }
    }
}
