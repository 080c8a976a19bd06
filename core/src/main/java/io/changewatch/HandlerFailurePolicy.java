package io.changewatch;

import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.Objects;

/**
 * What to do when a handler or a validation throws, or an event cannot be decoded.
 *
 * <p>An event that cannot be decoded is not tried again: it would fail the same way. An {@link Error} is neither tried
 * again nor skipped: the watcher fails. Immutable and thread-safe.
 *
 * @param retry when the handler is called again for the same event; the events behind it wait
 * @param skips whether to skip the event when {@code retry} gives up, instead of failing the watcher
 */
public record HandlerFailurePolicy(RetryPolicy retry, boolean skips) {

    /** Checks that {@code retry} is not null. */
    public HandlerFailurePolicy {
        Objects.requireNonNull(retry, "retry");
    }

    /** Calls the handler five times in all with delays from 100 ms to 5 s, then fails the watcher. The default. */
    public static HandlerFailurePolicy standard() {
        return retry(RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5))
                .jitter(0.5)
                .maxAttempts(5));
    }

    /** Fails the watcher at once. */
    public static HandlerFailurePolicy stop() {
        return retry(RetryPolicy.never());
    }

    /** Skips the event at once; it is logged at WARN, counted and told to {@code WatcherListener.eventSkipped}. */
    public static HandlerFailurePolicy skip() {
        return stop().thenSkip();
    }

    /** Calls the handler again by {@code policy}; fails the watcher when that gives up. */
    public static HandlerFailurePolicy retry(RetryPolicy policy) {
        return new HandlerFailurePolicy(policy, false);
    }

    /** The same, but skips the event instead of failing the watcher. */
    public HandlerFailurePolicy thenSkip() {
        return new HandlerFailurePolicy(retry, true);
    }
}
