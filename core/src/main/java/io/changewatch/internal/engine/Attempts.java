package io.changewatch.internal.engine;

import io.changewatch.observe.WatcherListener.Reconnected;
import io.changewatch.observe.WatcherListener.Reconnecting;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts failures in a row and waits between attempts. Progress, not an opened stream, ends the row: a stream that opens
 * but never delivers must not be opened in a tight loop.
 *
 * <p>Called on the watcher's thread only.
 */
final class Attempts {
    private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

    private final String watcher;
    private final Lifecycle lifecycle;
    private final SafeListener listener;
    private final Surroundings surroundings;
    private final ResumeRate rate;
    private final Supplier<Optional<String>> obstacle;
    private int failures;
    private long firstFailureNanos;
    private boolean opened;

    /** @param obstacle says what keeps the driver from every server, if that is not just silence */
    Attempts(Shared<?> shared, ResumeRate rate, Supplier<Optional<String>> obstacle) {
        this.watcher = shared.watcher();
        this.lifecycle = shared.lifecycle();
        this.listener = shared.listener();
        this.surroundings = shared.surroundings();
        this.rate = rate;
        this.obstacle = obstacle;
    }

    /** Whether this watcher's stream has ever been open: what has never run cannot break. */
    void opened(boolean everOpened) {
        this.opened = everOpened;
    }

    int failures() {
        return failures;
    }

    /** The time on a clock that only runs forward. */
    Duration now() {
        return Duration.ofNanos(surroundings.getAsLong());
    }

    /** Waits by {@code policy} after a failure, and no less than the rate asks; returns whether to try again. */
    boolean waitAfter(RuntimeException error, RetryPolicy policy) throws InterruptedException {
        if (failures == 0) {
            firstFailureNanos = surroundings.getAsLong();
        }
        failures++;
        Optional<Duration> delay =
                policy.delayAfter(failures, elapsed(), surroundings.random()).map(this::noOftenerThanAllowed);
        if (delay.isEmpty()) {
            return false;
        }
        log(error, delay.get());
        listener.reconnecting(new Reconnecting(watcher, failures, delay.get(), error));
        lifecycle.recovering(error);
        lifecycle.pauseUnlessCalled(delay.get(), surroundings);
        return true;
    }

    private Duration noOftenerThanAllowed(Duration delay) {
        Duration least = rate.untilNext();
        return delay.compareTo(least) < 0 ? least : delay;
    }

    private void log(RuntimeException error, Duration delay) {
        String what = opened ? "The stream broke" : "Cannot open the stream";
        LOG.warn(
                "[{}] {} ({}, attempt {}), {} in {} ms.",
                watcher,
                what,
                FailureMessages.describe(error),
                failures,
                opened ? "opening it again" : "trying again",
                delay.toMillis());
        LOG.debug("[{}] {}.", watcher, what, error);
        if (!opened && failures == 1) {
            obstacle.get().ifPresent(text -> LOG.warn("[{}] {}", watcher, text));
        }
    }

    /** The server has answered. */
    void progressed() {
        if (failures == 0) {
            return;
        }
        LOG.info(
                "[{}] The stream is open again after {} ms (failed attempts: {}).",
                watcher,
                elapsed().toMillis(),
                failures);
        Reconnected notice = new Reconnected(watcher, failures, elapsed());
        failures = 0;
        lifecycle.running();
        listener.reconnected(notice);
    }

    private Duration elapsed() {
        return Duration.ofNanos(surroundings.getAsLong() - firstFailureNanos);
    }
}
