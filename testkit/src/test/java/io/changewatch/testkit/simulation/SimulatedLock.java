package io.changewatch.testkit.simulation;

import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/** A lock whose waits are the scheduler's. Not reentrant, as nothing in the engine relies on that. */
final class SimulatedLock implements Lock {
    private final Scheduler scheduler;
    private final BooleanSupplier wakes;
    private Task owner;

    SimulatedLock(Scheduler scheduler, BooleanSupplier wakes) {
        this.scheduler = scheduler;
        this.wakes = wakes;
    }

    @Override
    public void lock() {
        scheduler.handOver();
        acquire();
    }

    private void acquire() {
        Task me = scheduler.currentTask();
        if (owner == me) {
            scheduler.fail("deadlock: " + me.name + " locks what it has locked");
        }
        scheduler.awaitUninterruptibly(() -> owner == null);
        owner = me;
    }

    /** Who is dead holds nothing, and unwinds through here. */
    @Override
    public void unlock() {
        if (owner == scheduler.currentTask()) {
            owner = null;
        } else if (!scheduler.isUnwinding()) {
            scheduler.fail("unlocked by who has not locked it");
        }
    }

    @Override
    public Condition newCondition() {
        return new Waiting();
    }

    @Override
    public void lockInterruptibly() {
        throw new UnsupportedOperationException("The engine does not use it.");
    }

    @Override
    public boolean tryLock() {
        throw new UnsupportedOperationException("The engine does not use it.");
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) {
        throw new UnsupportedOperationException("The engine does not use it.");
    }

    /** Who is signalled is no longer among the waiting, whatever else wakes it. */
    private final class Waiting implements Condition {
        private final List<Waiter> waiters = new ArrayList<>();

        @Override
        public void await() throws InterruptedException {
            waitUntil(Task.FOR_EVER);
        }

        @Override
        public long awaitNanos(long nanos) throws InterruptedException {
            long until = nanos > Task.FOR_EVER - scheduler.now() ? Task.FOR_EVER : scheduler.now() + nanos;
            waitUntil(until);
            return until - scheduler.now();
        }

        private void waitUntil(long until) throws InterruptedException {
            Waiter me = begin();
            try {
                scheduler.await(() -> me.signalled, until);
            } catch (InterruptedException e) {
                if (!me.signalled) {
                    throw e;
                }
                scheduler.currentTask().interrupt(); // the signal came first, and must not be lost
            } finally {
                end(me);
            }
        }

        @Override
        public void awaitUninterruptibly() {
            Waiter me = begin();
            try {
                scheduler.awaitUninterruptibly(() -> me.signalled);
            } finally {
                end(me);
            }
        }

        private Waiter begin() {
            Waiter me = new Waiter();
            waiters.add(me);
            owner = null;
            return me;
        }

        private void end(Waiter me) {
            waiters.remove(me);
            if (!scheduler.isUnwinding()) {
                acquire();
            }
        }

        @Override
        public void signalAll() {
            if (wakes.getAsBoolean()) {
                waiters.forEach(waiter -> waiter.signalled = true);
                waiters.clear();
            }
        }

        /** One that the seed chooses: nobody may rely on who has waited longest. */
        @Override
        public void signal() {
            if (!waiters.isEmpty() && wakes.getAsBoolean()) {
                waiters.remove(scheduler.random().nextInt(waiters.size())).signalled = true;
            }
        }

        @Override
        public boolean await(long time, TimeUnit unit) {
            throw new UnsupportedOperationException("The engine does not use it.");
        }

        @Override
        public boolean awaitUntil(Date deadline) {
            throw new UnsupportedOperationException("The engine does not use it.");
        }
    }

    private static final class Waiter {
        private boolean signalled;
    }
}
