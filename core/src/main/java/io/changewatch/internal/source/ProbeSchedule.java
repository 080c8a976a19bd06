package io.changewatch.internal.source;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Knows when a quiet stream asks for its position: first after the await time, and then each time after twice as long, up to
 * {@link #HEARTBEAT}. While looks leave cursors behind, it doubles on, so that those that wait for the end of their sessions,
 * some minutes later, stay few.
 *
 * <p>Not thread-safe.
 */
final class ProbeSchedule {
    /** A look is an {@code aggregate}, on a sharded cluster on every shard. The server's own no-op comes each 10 s. */
    static final Duration HEARTBEAT = Duration.ofSeconds(3);

    static final Duration LONGEST = Duration.ofMinutes(1);
    private static final int MOST_DOUBLINGS = 8;

    private final Duration longest;
    private final Duration rarest;
    private final LongSupplier nanos;
    private Duration interval;
    private int strays;
    private long quietSince;

    ProbeSchedule(Duration maxAwait, LongSupplier nanos) {
        this.interval = maxAwait;
        this.longest = larger(maxAwait, HEARTBEAT);
        this.rarest = larger(maxAwait, LONGEST);
        this.nanos = nanos;
        this.quietSince = nanos.getAsLong();
    }

    boolean isDue() {
        return Duration.ofNanos(nanos.getAsLong() - quietSince).compareTo(interval()) >= 0;
    }

    private Duration interval() {
        return smaller(interval.multipliedBy(1L << Math.min(strays, MOST_DOUBLINGS)), rarest);
    }

    /** Something has come. */
    void heard() {
        quietSince = nanos.getAsLong();
    }

    /** A look was answered; so many in a row have left a cursor behind. */
    void looked(int leftBehind) {
        strays = leftBehind;
        interval = smaller(interval.multipliedBy(2), longest);
        heard();
    }

    private static Duration larger(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static Duration smaller(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
