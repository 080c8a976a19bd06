package io.changewatch.internal.deliver;

import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Time that passes when a test says so, also for those who wait for a condition of {@link #lock()} for some time.
 *
 * <p>Thread-safe.
 */
final class ManualTime implements LongSupplier {
    private final AtomicLong nanos = new AtomicLong();
    private final List<Waiting> conditions = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock() {
        private static final long serialVersionUID = 1L;

        @Override
        public Condition newCondition() {
            Waiting condition = new Waiting(super.newCondition());
            conditions.add(condition);
            return condition;
        }
    };

    Lock lock() {
        return lock;
    }

    @Override
    public long getAsLong() {
        return nanos.get();
    }

    void advance(Duration time) {
        lock.lock();
        try {
            nanos.addAndGet(time.toNanos());
            conditions.forEach(Condition::signalAll);
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody waits for time to pass. */
    boolean isAwaited() {
        lock.lock();
        try {
            return conditions.stream().anyMatch(condition -> condition.waiting > 0);
        } finally {
            lock.unlock();
        }
    }

    private final class Waiting implements Condition {
        private final Condition real;
        private int waiting;

        private Waiting(Condition real) {
            this.real = real;
        }

        @Override
        @SuppressWarnings("WaitNotInLoop") // the caller's
        public long awaitNanos(long time) throws InterruptedException {
            long end = nanos.get() + time;
            waiting++;
            try {
                real.await();
            } finally {
                waiting--;
            }
            return end - nanos.get();
        }

        @Override
        @SuppressWarnings("WaitNotInLoop") // the caller's
        public void await() throws InterruptedException {
            real.await();
        }

        @Override
        @SuppressWarnings("WaitNotInLoop") // the caller's
        public void awaitUninterruptibly() {
            real.awaitUninterruptibly();
        }

        @Override
        public boolean await(long time, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean awaitUntil(Date deadline) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void signal() {
            real.signal();
        }

        @Override
        public void signalAll() {
            real.signalAll();
        }
    }
}
