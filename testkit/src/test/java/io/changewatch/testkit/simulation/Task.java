package io.changewatch.testkit.simulation;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One thread of control in a simulation, on a thread of the machine that runs only while the task has the baton. */
final class Task {
    static final long FOR_EVER = Long.MAX_VALUE;

    final String name;
    final Thread carrier;

    // Whoever has the baton reads and writes these.
    private BooleanSupplier ready = () -> true;
    private long deadline = FOR_EVER;
    private boolean interrupted;
    private boolean dead;
    private boolean done;

    Task(String name, Thread carrier) {
        this.name = name;
        this.carrier = carrier;
    }

    void waitFor(BooleanSupplier condition, long until) {
        ready = condition;
        deadline = until;
    }

    boolean isRunnable(long now) {
        return !done && (dead || interrupted || now >= deadline || ready.getAsBoolean());
    }

    boolean isReady() {
        return ready.getAsBoolean();
    }

    long deadline() {
        return done ? FOR_EVER : deadline;
    }

    void interrupt() {
        interrupted = true;
    }

    boolean takeInterrupt() {
        boolean taken = interrupted;
        interrupted = false;
        return taken;
    }

    void kill() {
        dead = true;
    }

    boolean isDead() {
        return dead;
    }

    void end() {
        done = true;
    }

    boolean isDone() {
        return done;
    }

    void wake() {
        LockSupport.unpark(carrier);
    }
}
