package io.changewatch.testkit.simulation;

import io.changewatch.testkit.simulation.Carriers.Carrier;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Owns time, chance and whose turn it is.
 *
 * <p>One task at a time has the baton. Where it calls a seam, the seed decides who goes on; where it waits, the others do; where
 * all wait, time jumps to the next deadline or event. Events are what happens outside of the process: they run on whichever
 * thread has the baton, between two steps of the tasks.
 *
 * <p>A crash kills the tasks of a life: whatever seam they call from then on throws {@link Crash}. The first task, the
 * operator's, survives it.
 */
final class Scheduler {
    private static final int MOST_STEPS = 60_000;
    private static final int MOST_STEPS_AT_ONE_TIME = 3_000;

    private final SplittableRandom random;
    private final History history;
    private final Carriers carriers;
    private final int switchiness;
    private final Task operator = new Task("operator", Thread.currentThread());
    private final List<Task> tasks = new ArrayList<>(List.of(operator));
    private final Timeline timeline = new Timeline();
    private volatile Task current = operator;
    private int steps;
    private int stepsAtOneTime;
    private BooleanSupplier standstill = () -> false;
    private int crashIn = -1;
    private boolean crashed;
    private Error broken;

    Scheduler(SplittableRandom random, History history, Carriers carriers) {
        this.random = random;
        this.history = history;
        this.carriers = carriers;
        this.switchiness = 2 + random.nextInt(8);
    }

    long now() {
        return timeline.now();
    }

    int steps() {
        return steps;
    }

    SplittableRandom random() {
        return random;
    }

    Task currentTask() {
        return current;
    }

    /** Something happens outside after {@code delay}. */
    void after(long delay, Runnable action) {
        timeline.after(delay, action);
    }

    /** Asked where nobody can go on before time passes: whether nobody ever will who has to. */
    void standstill(BooleanSupplier isDeadlock) {
        standstill = isDeadlock;
    }

    /** Whether none of the tasks with such names goes on when time passes. */
    boolean waitForEver(Predicate<String> names) {
        return tasks.stream().noneMatch(task -> names.test(task.name) && task.deadline() != Task.FOR_EVER);
    }

    // What tasks call.

    /** A seam: another task may go on here, or the process may crash. */
    void handOver() {
        throwIfDead();
        countStep();
        timeline.pass(random.nextInt(50_000));
        runEvents();
        if (crashes()) {
            crash();
        }
        if (random.nextInt(switchiness) == 0) {
            current.waitFor(() -> true, Task.FOR_EVER);
            passOn();
        }
    }

    /** Waits; returns whether {@code ready} has become true before {@code until}. */
    boolean await(BooleanSupplier ready, long until) throws InterruptedException {
        handOver();
        Task me = current;
        if (!ready.getAsBoolean() && now() < until) {
            me.waitFor(ready, until);
            passOn();
        }
        if (me.takeInterrupt()) {
            throw new InterruptedException("simulated");
        }
        return ready.getAsBoolean();
    }

    /** As {@link #await}, and an interrupt does not end it. */
    void awaitUninterruptibly(BooleanSupplier ready) {
        while (!ready.getAsBoolean()) {
            throwIfDead();
            boolean interrupted = current.takeInterrupt();
            current.waitFor(ready, Task.FOR_EVER);
            passOn();
            if (interrupted) {
                current.interrupt();
            }
        }
    }

    void sleep(long nanos) throws InterruptedException {
        await(() -> false, now() + nanos);
    }

    /** Whether the caller is on its way out of a life that crashed. */
    boolean isUnwinding() {
        return crashed || current.isDead();
    }

    void throwIfDead() {
        if (current.isDead()) {
            throw new Crash();
        }
    }

    private void countStep() {
        stepsAtOneTime++;
        if (++steps > MOST_STEPS || stepsAtOneTime > MOST_STEPS_AT_ONE_TIME) {
            fail("busy loop: " + steps + " steps, " + stepsAtOneTime + " of them since time last had to pass");
        }
    }

    /** Ends the simulation. */
    void fail(String message) {
        fail(new AssertionError(message));
    }

    void fail(Error error) {
        if (broken == null) {
            broken = error;
            history.note(() -> "VIOLATION " + error.getMessage());
        }
        killLife();
        if (current != operator) {
            throw new Crash();
        }
        throw broken;
    }

    // Tasks.

    Task start(String name, Runnable work) {
        Carrier carrier = carriers.take();
        Task task = new Task(name, carrier);
        tasks.add(task);
        carrier.assign(() -> run(task, carrier, work));
        return task;
    }

    private void run(Task task, Carrier carrier, Runnable work) {
        awaitBaton(task);
        try {
            if (!task.isDead()) {
                work.run();
            }
        } catch (Crash expected) {
            // unwound
        } catch (Throwable e) { // an Error of a handler ends its thread, as it does in a real process
            history.note(() -> task.name + " ended with " + e);
        }
        task.end();
        tasks.remove(task);
        carriers.giveBack(carrier);
        Task next = task.isDead() ? operator : next();
        current = next;
        next.wake();
    }

    private void passOn() {
        Task me = current;
        if (Thread.interrupted()) { // what the engine restored on this thread is the task's
            me.interrupt();
        }
        Task next = next();
        if (next != me) {
            current = next;
            next.wake();
            awaitBaton(me);
        }
        if (me == operator && broken != null) {
            throw broken;
        }
        if (me == operator && crashed) {
            throw new Crash();
        }
        throwIfDead();
    }

    private void awaitBaton(Task me) {
        while (current != me) {
            LockSupport.park(this);
        }
    }

    private Task next() {
        while (true) {
            if (broken != null || crashed) {
                return operator;
            }
            int runnable = 0;
            for (Task task : tasks) {
                runnable += task.isRunnable(now()) ? 1 : 0;
            }
            if (runnable > 0) {
                return pick(random.nextInt(runnable));
            }
            letTimePass();
        }
    }

    private Task pick(int number) {
        int left = number;
        for (Task task : tasks) {
            if (task.isRunnable(now()) && left-- == 0) {
                return task;
            }
        }
        throw new IllegalStateException("A condition has changed while it was looked at.");
    }

    private void letTimePass() {
        long next = timeline.next();
        for (Task task : tasks) {
            next = Math.min(next, task.deadline());
        }
        if (next == Task.FOR_EVER || standstill.getAsBoolean()) {
            broken = new AssertionError("deadlock: work is undone, and for ever wait "
                    + tasks.stream()
                            .filter(task -> task.deadline() == Task.FOR_EVER)
                            .map(task -> task.name)
                            .toList());
            history.note(() -> "VIOLATION " + broken.getMessage());
            killLife();
            return;
        }
        stepsAtOneTime = 0;
        timeline.jumpTo(next);
        runEvents();
    }

    /** What is due, and now and then what is nearly due: so that it happens between any two steps. */
    private void runEvents() {
        if (random.nextInt(4) == 0) {
            timeline.hurry();
        }
        while (timeline.isDue()) {
            runEvent();
        }
    }

    private void runEvent() {
        try {
            timeline.runNext();
        } catch (RuntimeException | Error e) {
            broken = broken != null ? broken : new AssertionError("the simulation itself: " + e, e);
            killLife();
        }
    }

    // Crashes.

    /** The present life ends after so many steps. */
    void crashIn(int stepsFromNow) {
        crashIn = stepsFromNow;
    }

    private boolean crashes() {
        return crashIn > 0 && --crashIn == 0;
    }

    /** The process is gone. */
    void crash() {
        history.note(() -> "CRASH in " + current.name);
        killLife();
        throw new Crash();
    }

    private void killLife() {
        crashed = true;
        tasks.stream().filter(task -> task != operator).forEach(Task::kill);
    }

    /** Unwinds what is left of a crashed or ended life; called by the operator. */
    void bury() {
        killLife();
        while (tasks.size() > 1) {
            Task dead = tasks.get(1);
            current = dead;
            dead.wake();
            awaitBaton(operator);
        }
        crashed = false;
        crashIn = -1;
    }

    /** Whether no thread of the present life is left. */
    boolean isAlone() {
        return tasks.size() == 1;
    }

    /** Throws what ended the simulation, if anything did. */
    void throwIfBroken() {
        if (broken != null) {
            throw broken;
        }
    }
}
