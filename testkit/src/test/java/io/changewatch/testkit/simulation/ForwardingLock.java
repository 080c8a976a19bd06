package io.changewatch.testkit.simulation;

import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** A lock for mutations, which decide whether a signal wakes anybody. */
abstract class ForwardingLock implements Lock {
    private final Lock real;

    ForwardingLock(Lock real) {
        this.real = real;
    }

    /** Asked for each signal. */
    abstract boolean signals();

    @Override
    public void lock() {
        real.lock();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        real.lockInterruptibly();
    }

    @Override
    public boolean tryLock() {
        return real.tryLock();
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        return real.tryLock(time, unit);
    }

    @Override
    public void unlock() {
        real.unlock();
    }

    @Override
    public Condition newCondition() {
        return new Signalled(real.newCondition());
    }

    private final class Signalled implements Condition {
        private final Condition condition;

        Signalled(Condition condition) {
            this.condition = condition;
        }

        @Override
        public void await() throws InterruptedException {
            condition.await();
        }

        @Override
        public void awaitUninterruptibly() {
            condition.awaitUninterruptibly();
        }

        @Override
        public long awaitNanos(long nanos) throws InterruptedException {
            return condition.awaitNanos(nanos);
        }

        @Override
        public boolean await(long time, TimeUnit unit) throws InterruptedException {
            return condition.await(time, unit);
        }

        @Override
        public boolean awaitUntil(Date deadline) throws InterruptedException {
            return condition.awaitUntil(deadline);
        }

        @Override
        public void signal() {
            if (signals()) {
                condition.signal();
            }
        }

        @Override
        public void signalAll() {
            condition.signalAll();
        }
    }
}
