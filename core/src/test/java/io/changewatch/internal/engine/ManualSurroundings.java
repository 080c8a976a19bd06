package io.changewatch.internal.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Time that passes when a test says so, or when the watcher waits: a wait ends at once, moves the clock and is recorded.
 *
 * <p>Thread-safe.
 */
final class ManualSurroundings implements Surroundings {
    static final Instant BEGIN = Instant.parse("2026-05-01T10:00:00Z");

    private final AtomicLong nanos = new AtomicLong();
    private final List<Duration> delays = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final List<String> endedInterrupted = new CopyOnWriteArrayList<>();
    private final CountDownLatch waiting = new CountDownLatch(1);
    private volatile double chance;
    private volatile boolean blocking;
    private volatile Duration skew = Duration.ZERO;

    void advance(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    /** How far the clock on the wall is ahead of the servers' from now on, negative for behind; the other clock goes on as before. */
    void skew(Duration ahead) {
        skew = ahead;
    }

    /** What every draw between 0 and 1 yields from now on; 0 until then, which means: no jitter. */
    void drawAlways(double value) {
        chance = value;
    }

    /** From now on a wait does not end before its latch opens. */
    void holdWaits() {
        blocking = true;
    }

    /** Waits until something waits. */
    void awaitWaiting() throws InterruptedException {
        if (!waiting.await(10, TimeUnit.SECONDS)) {
            throw new AssertionError("Nothing waits.");
        }
    }

    /** How long each wait was to last, in order. */
    List<Duration> delays() {
        return delays;
    }

    /** The threads that are still running. */
    List<Thread> runningThreads() {
        return threads.stream().filter(Thread::isAlive).toList();
    }

    /** The names of the threads that ended with their interrupt flag set. */
    List<String> endedInterrupted() {
        return endedInterrupted;
    }

    /** Every thread that was made. */
    List<Thread> threads() {
        return threads;
    }

    @Override
    public long getAsLong() {
        return nanos.get();
    }

    @Override
    public Instant instant() {
        return BEGIN.plusNanos(nanos.get()).plus(skew);
    }

    @Override
    public RandomGenerator random() {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                throw new AssertionError("Only nextDouble() is expected.");
            }

            @Override
            public double nextDouble() {
                return chance;
            }
        };
    }

    @Override
    public boolean await(CountDownLatch stop, Duration delay) throws InterruptedException {
        delays.add(delay);
        waiting.countDown();
        if (blocking) {
            stop.await();
            return true;
        }
        advance(delay);
        return stop.await(0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Thread thread(String name, boolean daemon, Runnable work) {
        Thread thread = new Thread(() -> run(work), name);
        thread.setDaemon(true); // a test that fails must not keep the machine running
        thread.setUncaughtExceptionHandler((ended, failure) -> {}); // the watcher's state tells
        threads.add(thread);
        return thread;
    }

    private void run(Runnable work) {
        work.run();
        if (Thread.currentThread().isInterrupted()) {
            endedInterrupted.add(Thread.currentThread().getName());
        }
    }
}
