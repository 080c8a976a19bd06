package io.changewatch.testkit.simulation;

import java.util.Comparator;
import java.util.PriorityQueue;

/** Time, and what happens outside of the process when it comes. */
final class Timeline {
    private static final long SHORT = 20_000_000;

    private record Event(long time, long number, Runnable action) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::time).thenComparingLong(Event::number));
    private long now = 1;
    private long numbers;

    long now() {
        return now;
    }

    void after(long delay, Runnable action) {
        events.add(new Event(now + delay, numbers++, action));
    }

    void pass(long nanos) {
        now += nanos;
    }

    void jumpTo(long time) {
        now = Math.max(now, time);
    }

    /** When the next event is; {@link Task#FOR_EVER} without one. */
    long next() {
        return events.isEmpty() ? Task.FOR_EVER : events.peek().time();
    }

    /** Jumps to the next event if it is near. */
    void hurry() {
        if (next() < now + SHORT) {
            jumpTo(next());
        }
    }

    boolean isDue() {
        return next() <= now;
    }

    void runNext() {
        events.remove().action().run();
    }
}
