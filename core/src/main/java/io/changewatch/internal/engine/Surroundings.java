package io.changewatch.internal.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Time, chance, waiting and threads, so that tests own them.
 *
 * <p>Thread-safe.
 */
public interface Surroundings extends LongSupplier, InstantSource {

    /** Nanoseconds of a clock that only runs forward. */
    @Override
    long getAsLong();

    @Override
    Instant instant();

    /** The source of jitter. */
    RandomGenerator random();

    /**
     * Waits until {@code delay} has passed or {@code stop} opens.
     *
     * @return whether {@code stop} is open
     * @throws InterruptedException if the calling thread is interrupted
     */
    boolean await(CountDownLatch stop, Duration delay) throws InterruptedException;

    /** Makes a thread that is not started. */
    Thread thread(String name, boolean daemon, Runnable work);

    /** The same for handlers that run side by side: a daemon, and virtual where that has no drawback. */
    default Thread worker(String name, Runnable work) {
        return thread(name, true, work);
    }

    /** Whether the caller is on {@code thread}, which {@link #thread} has made. */
    default boolean isCurrent(Thread thread) {
        return Thread.currentThread() == thread;
    }

    /** A lock, on whose conditions the watcher's threads and its callers wait for each other. */
    default Lock lock() {
        return new ReentrantLock();
    }

    /** The machine's own. */
    static Surroundings ofTheMachine() {
        return new Machine();
    }

    /** See {@link Surroundings#ofTheMachine()}. */
    final class Machine implements Surroundings {
        private Machine() {}

        @Override
        public long getAsLong() {
            return System.nanoTime();
        }

        @Override
        public Instant instant() {
            return InstantSource.system().instant();
        }

        @Override
        public long millis() {
            return System.currentTimeMillis();
        }

        @Override
        public RandomGenerator random() {
            return () -> ThreadLocalRandom.current().nextLong(); // used from several threads
        }

        @Override
        public boolean await(CountDownLatch stop, Duration delay) throws InterruptedException {
            return stop.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public Thread thread(String name, boolean daemon, Runnable work) {
            Thread thread = new Thread(work, name);
            thread.setDaemon(daemon);
            return thread;
        }

        @Override
        public Thread worker(String name, Runnable work) {
            return VirtualThreads.make(name, work).orElseGet(() -> thread(name, true, work));
        }
    }

    /** A factory of one kind of thread. */
    default ThreadFactory threads(String name, boolean daemon) {
        return work -> thread(name, daemon, work);
    }
}
