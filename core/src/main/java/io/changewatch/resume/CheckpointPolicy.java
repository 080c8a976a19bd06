package io.changewatch.resume;

import java.time.Duration;
import java.util.Objects;

/**
 * Decides how often a checkpoint is saved. A checkpoint is also saved on every clean stop, whatever the policy.
 *
 * <p>After a crash at most the events since the last checkpoint are delivered again; a rarer checkpoint costs less and
 * repeats more. The default is {@code everyEvents(1_000).or(every(Duration.ofSeconds(1)))}.
 *
 * {@snippet class="io.changewatch.examples.CustomStore" region="custom-store"}
 *
 * <p>Called on the watcher's thread for each event; implementations are fast, pure and thread-safe.
 */
@FunctionalInterface
public interface CheckpointPolicy {

    /** Whether to save now, given how many events were handled and how much time has passed since the last save. */
    boolean isDue(long eventsSince, Duration timeSince);

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

    /** When this policy or {@code other} says so. */
    default CheckpointPolicy or(CheckpointPolicy other) {
        Objects.requireNonNull(other, "other");
        return (eventsSince, timeSince) -> isDue(eventsSince, timeSince) || other.isDue(eventsSince, timeSince);
    }
}
