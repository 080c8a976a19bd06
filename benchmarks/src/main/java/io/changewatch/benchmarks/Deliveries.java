package io.changewatch.benchmarks;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts what all clients of a feed were sent.
 *
 * <p>Thread-safe.
 */
final class Deliveries {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final long LOOK_EVERY = Duration.ofMillis(1).toNanos();

    private final LongAdder greetings = new LongAdder();
    private final LongAdder events = new LongAdder();

    void greeting() {
        greetings.increment();
    }

    void event() {
        events.increment();
    }

    long events() {
        return events.sum();
    }

    void awaitGreetings(long expected) {
        await(greetings, expected, "greetings");
    }

    void awaitEvents(long expected) {
        await(events, expected, "messages");
    }

    /** Looks now and then: a count that wakes a waiting thread would cost the senders more than the events do. */
    private static void await(LongAdder counted, long expected, String what) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (counted.sum() < expected) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException(
                        counted.sum() + " of " + expected + " " + what + " were sent within " + LIMIT + ".");
            }
            LockSupport.parkNanos(LOOK_EVERY);
        }
    }
}
