package io.changewatch.retry;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The time between attempts, so that a test can own it.
 *
 * <p>Implementations are thread-safe.
 */
interface Pause {

    /** The machine's time. */
    Pause REAL = new Pause() {
        @Override
        public void await(Duration delay) throws InterruptedException {
            new CountDownLatch(1).await(TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
        }

        @Override
        public Duration now() {
            return Duration.ofNanos(System.nanoTime());
        }
    };

    /** Returns when {@code delay} has passed; an interrupt ends it. */
    void await(Duration delay) throws InterruptedException;

    /** A time that only differences mean something of. */
    Duration now();
}
