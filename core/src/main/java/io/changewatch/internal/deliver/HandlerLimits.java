package io.changewatch.internal.deliver;

import io.changewatch.HandlerTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long a handler may run.
 *
 * <p>Immutable and thread-safe.
 *
 * @param timeout after which it is given up; empty for never
 * @param slowAfter after which it is told of; empty for never
 */
public record HandlerLimits(Optional<Duration> timeout, Optional<Duration> slowAfter) {
    /** No limits. */
    public static final HandlerLimits NONE = new HandlerLimits(Optional.empty(), Optional.empty());

    static final long NEVER = Long.MAX_VALUE;

    private static final int MOST_DOUBLINGS = 16;

    /** Whether there is a limit. */
    boolean isAny() {
        return timeout.isPresent() || slowAfter.isPresent();
    }

    long untilSlow(long nanos) {
        return left(slowAfter, nanos);
    }

    long untilTimeout(long nanos) {
        return left(timeout, nanos);
    }

    /** Told at twice the time, then four times, then eight. */
    long untilStuck(long nanos, int told) {
        return left(timeout.map(limit -> limit.multipliedBy(2L << Math.min(told, MOST_DOUBLINGS))), nanos);
    }

    private static long left(Optional<Duration> limit, long nanos) {
        return limit.isEmpty() ? NEVER : TimeUnit.NANOSECONDS.convert(limit.get()) - nanos;
    }

    /** What a handler fails with that is given up. */
    HandlerTimeoutException exception() {
        return new HandlerTimeoutException(timeout.orElseThrow());
    }

    /**
     * A handler that has run for too long.
     *
     * @param stage that is given up
     */
    record Overdue<T>(
            Task<T> task,
            Duration duration,
            Kind kind,
            @Nullable CompletionStage<?> stage) {

        /** What it is. */
        enum Kind {
            /** It takes longer than usual. */
            SLOW,
            /** Its time is up. */
            LATE,
            /** It does not end although its time was up. */
            STUCK
        }
    }
}
