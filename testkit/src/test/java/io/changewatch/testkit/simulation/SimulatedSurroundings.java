package io.changewatch.testkit.simulation;

import io.changewatch.internal.engine.Surroundings;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/** Time, chance, waiting and threads of one life, from the scheduler. */
final class SimulatedSurroundings implements Surroundings {
    private final Scheduler scheduler;

    SimulatedSurroundings(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public long getAsLong() {
        scheduler.throwIfDead();
        return scheduler.now();
    }

    @Override
    public Instant instant() {
        scheduler.throwIfDead();
        return Instant.ofEpochSecond(Simulation.FIRST_SECOND).plusNanos(scheduler.now());
    }

    @Override
    public RandomGenerator random() {
        return () -> scheduler.random().nextLong();
    }

    @Override
    public boolean await(CountDownLatch stop, Duration delay) throws InterruptedException {
        return scheduler.await(() -> stop.getCount() == 0, scheduler.now() + delay.toNanos());
    }

    @Override
    public Lock lock() {
        return lock(() -> true);
    }

    /** One whose signals wake only where {@code wakes} says so. */
    Lock lock(BooleanSupplier wakes) {
        return new SimulatedLock(scheduler, wakes);
    }

    @Override
    public Thread thread(String name, boolean daemon, Runnable work) {
        return new SimulatedThread(scheduler, name, work);
    }

    @Override
    public boolean isCurrent(Thread thread) {
        return thread instanceof SimulatedThread simulated && simulated.task == scheduler.currentTask();
    }

    /** A thread that is never started on the machine: its work runs on a carrier. */
    private static final class SimulatedThread extends Thread {
        private final Scheduler scheduler;
        private final Runnable work;
        private Task task;

        SimulatedThread(Scheduler scheduler, String name, Runnable work) {
            super(name);
            this.scheduler = scheduler;
            this.work = work;
        }

        @Override
        @SuppressWarnings("UnsynchronizedOverridesSynchronized") // one thread has the baton
        public void start() {
            scheduler.throwIfDead();
            task = scheduler.start(getName(), work);
        }

        @Override
        public void interrupt() {
            scheduler.throwIfDead();
            if (task != null) {
                task.interrupt();
            }
        }
    }
}
