package io.changewatch.testkit;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A moment until which to wait for a condition. The clock is the system's: these deadlines wait for other processes.
 *
 * <p>Thread-safe.
 */
final class Deadline {

    private static final Duration PAUSE_BETWEEN_LOOKS = Duration.ofMillis(20);

    private final long start = System.nanoTime();
    private final Duration limit;

    private Deadline(Duration limit) {
        this.limit = limit;
    }

    static Deadline in(Duration limit) {
        return new Deadline(limit);
    }

    /** The time that is left, zero when it has passed. */
    Duration remaining() {
        Duration left = limit.minusNanos(System.nanoTime() - start);
        return left.isNegative() ? Duration.ZERO : left;
    }

    boolean hasPassed() {
        return remaining().isZero();
    }

    /** Looks until the condition holds, the deadline has passed or the latch is open; tells whether the condition held. */
    boolean await(BooleanSupplier condition, CountDownLatch closed) {
        return find(() -> condition.getAsBoolean() ? OptionalInt.of(0) : OptionalInt.empty(), closed)
                .isPresent();
    }

    /** Looks until there is a number, the deadline has passed or the latch is open. */
    OptionalInt find(Supplier<OptionalInt> look, CountDownLatch closed) {
        OptionalInt found = look.get();
        while (found.isEmpty() && !hasPassed() && !isOpenAfterPause(closed)) {
            found = look.get();
        }
        return found;
    }

    private static boolean isOpenAfterPause(CountDownLatch closed) {
        try {
            return closed.await(PAUSE_BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            throw interrupted("Interrupted while waiting for a test server.", interrupted);
        }
    }

    /** Restores the interrupt flag and makes the exception to throw. */
    static TestServerException interrupted(String message, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new TestServerException(message, cause);
    }
}
