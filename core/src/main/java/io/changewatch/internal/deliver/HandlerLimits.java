package io.changewatch.internal.deliver;

import io.changewatch.HandlerTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
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

    private static long left(Optional<Duration> limit, long nanos) {
        return limit.isEmpty() ? NEVER : limit.get().toNanos() - nanos;
    }

    /** What a handler fails with that is given up. */
    HandlerTimeoutException exception() {
        return new HandlerTimeoutException(timeout.orElseThrow());
    }

    /**
     * A handler that has run for too long.
     *
     * @param isLate whether its time is up; otherwise it is slow
     * @param stage that is given up
     */
    record Overdue<T>(
            Task<T> task,
            Duration duration,
            boolean isLate,
            @Nullable CompletionStage<?> stage) {}
}
