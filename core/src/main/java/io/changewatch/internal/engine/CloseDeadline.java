package io.changewatch.internal.engine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * By when a watcher has to have ended: the earliest that anybody asks for, or else its own close timeout from then on.
 *
 * <p>Thread-safe.
 */
final class CloseDeadline {
    /** What a last save gets although the handlers have used up the time, and an interrupted handler to return. */
    static final Duration GRACE = Duration.ofMillis(500);

    private final LongSupplier nanoTime;
    private final Duration otherwise;
    private final AtomicReference<@Nullable Limit> earliest = new AtomicReference<>();

    CloseDeadline(Duration otherwise, LongSupplier nanoTime) {
        this.otherwise = otherwise;
        this.nanoTime = nanoTime;
    }

    /** Somebody asks for the end within {@code time} from now. */
    void within(Duration time) {
        Limit asked = new Limit(nanoTime.getAsLong(), TimeUnit.NANOSECONDS.convert(time));
        earliest.accumulateAndGet(asked, (held, next) -> held == null || next.isBefore(held) ? next : held);
    }

    /** What is left until then, {@link #GRACE} at least. */
    Duration left() {
        Limit limit = earliest.get();
        Duration left = limit == null ? otherwise : Duration.ofNanos(limit.left(nanoTime.getAsLong()));
        return left.compareTo(GRACE) < 0 ? GRACE : left;
    }

    /** Not a sum: the longest durations would overflow it. */
    private record Limit(long begin, long nanos) {
        long left(long now) {
            return nanos - (now - begin);
        }

        boolean isBefore(Limit other) {
            return nanos < other.left(begin);
        }
    }
}
