package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * Time that passes only when a test says so, for threads that wait side by side: a wait ends when its time has come, or its latch
 * opens.
 *
 * <p>Thread-safe.
 */
final class PassingTime implements Surroundings {
    private final AtomicLong nanos = new AtomicLong();
    private final Map<Thread, Long> ends = new ConcurrentHashMap<>();
    private final Map<Thread, Runnable> beforeLocks = new ConcurrentHashMap<>();
    private final Map<String, Error> refusals = new ConcurrentHashMap<>();
    private final ManualSurroundings otherwise = new ManualSurroundings();

    /** Threads of this name that are made from now on do not start. */
    void refusesToStart(String thread, Error refusal) {
        refusals.put(thread, refusal);
    }

    /** What {@code action} does comes before whatever the calling thread locks next, as if another thread were faster. */
    void beforeNextLock(Runnable action) {
        beforeLocks.put(Thread.currentThread(), action);
    }

    @Override
    public Lock lock() {
        return new ReentrantLock() {
            private static final long serialVersionUID = 1L;

            @Override
            public void lock() {
                Runnable action = beforeLocks.remove(Thread.currentThread());
                if (action != null) {
                    action.run();
                }
                super.lock();
            }
        };
    }

    /** Waits until somebody waits, and lets time pass. */
    void pass(Duration time) {
        eventually(() -> ends.values().stream().anyMatch(end -> end > nanos.get()));
        nanos.addAndGet(time.toNanos());
    }

    @Override
    public long getAsLong() {
        return nanos.get();
    }

    @Override
    public Instant instant() {
        return ManualSurroundings.BEGIN.plusNanos(nanos.get());
    }

    @Override
    public RandomGenerator random() {
        return otherwise.random();
    }

    @Override
    public boolean await(CountDownLatch stop, Duration delay) throws InterruptedException {
        long end = nanos.get() + delay.toNanos();
        ends.put(Thread.currentThread(), end);
        try {
            while (nanos.get() < end) {
                if (stop.await(1, TimeUnit.MILLISECONDS)) {
                    return true;
                }
            }
            return stop.getCount() == 0;
        } finally {
            ends.remove(Thread.currentThread());
        }
    }

    @Override
    public Thread thread(String name, boolean daemon, Runnable work) {
        Error refusal = refusals.get(name);
        if (refusal != null) {
            return new Thread(name) {
                @Override
                public synchronized void start() {
                    throw refusal;
                }
            };
        }
        return otherwise.thread(name, daemon, work);
    }
}
