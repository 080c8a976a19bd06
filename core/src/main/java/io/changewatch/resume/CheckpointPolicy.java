package io.changewatch.resume;

import java.time.Duration;
import java.util.Objects;

/**
 * Decides how often a checkpoint is saved. A checkpoint is also saved on every clean stop, whatever the policy.
 *
 * <p>After a crash at most the events since the last checkpoint are delivered again; a rarer checkpoint costs less and
 * repeats more. The default is {@link #standard()}.
 *
 * {@snippet class="io.changewatch.examples.CustomStore" region="custom-store"}
 *
 * <p>Called on the watcher's thread for each event; implementations are fast, pure and thread-safe.
 */
@FunctionalInterface
public interface CheckpointPolicy {

    /** Whether to save now, given how many events were handled and how much time has passed since the last save. */
    boolean isDue(long eventsSince, Duration timeSince);

    /**
     * What a watcher does by default: every 1,000 events, but not within 50 ms of the last save, or every second. At 20,000 events
     * a second and less that is every 1,000 events; at more it is 20 times a second, or when {@code maxUnsavedEvents} are handled. What a
     * burst leaves unsaved is saved with the next event, or within {@code maxAwait} where none comes.
     */
    static CheckpointPolicy standard() {
        return everyEvents(1_000).and(every(Duration.ofMillis(50))).or(every(Duration.ofSeconds(1)));
    }

    /** After each event. */
    static CheckpointPolicy everyEvent() {
        return everyEvents(1);
    }

    /**
     * After {@code events} handled events.
     *
     * @throws IllegalArgumentException if {@code events} is less than 1
     */
    static CheckpointPolicy everyEvents(long events) {
        if (events < 1) {
            throw new IllegalArgumentException("everyEvents(" + events + "): at least 1 event is needed.");
        }
        return (eventsSince, timeSince) -> eventsSince >= events;
    }

    /**
     * After {@code interval}, if anything was handled or the stream has moved on.
     *
     * @throws IllegalArgumentException if {@code interval} is not positive
     */
    static CheckpointPolicy every(Duration interval) {
        Objects.requireNonNull(interval, "interval");
        if (interval.isNegative() || interval.isZero()) {
            throw new IllegalArgumentException(
                    "every(" + interval + "): a positive interval is needed; use everyEvent() for none.");
        }
        return (eventsSince, timeSince) -> timeSince.compareTo(interval) >= 0;
    }

    /** When both this policy and {@code other} say so. */
    default CheckpointPolicy and(CheckpointPolicy other) {
        Objects.requireNonNull(other, "other");
        return (eventsSince, timeSince) -> isDue(eventsSince, timeSince) && other.isDue(eventsSince, timeSince);
    }

    /** When this policy or {@code other} says so. */
    default CheckpointPolicy or(CheckpointPolicy other) {
        Objects.requireNonNull(other, "other");
        return (eventsSince, timeSince) -> isDue(eventsSince, timeSince) || other.isDue(eventsSince, timeSince);
    }
}
