package io.changewatch.internal.engine;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds how often a stream is opened, whatever a retry policy says and for whatever reason it is opened: {@value #BURST}
 * times at once, then once each half second. A server whose streams open and break again must not be asked hundreds of
 * times a second by each of its watchers.
 *
 * <p>A bucket of {@value #BURST} tokens that gets one each half second, kept as the time until which its tokens are spent.
 *
 * <p>Called on the watcher's thread only.
 */
final class ResumeRate {
    private static final Logger LOG = LoggerFactory.getLogger(ResumeRate.class);
    static final int BURST = 5;
    static final Duration INTERVAL = Duration.ofMillis(500);

    private final String watcher;
    private final Lifecycle lifecycle;
    private final Surroundings surroundings;
    private long spentUntilNanos;

    ResumeRate(Shared<?> shared) {
        this.watcher = shared.watcher();
        this.lifecycle = shared.lifecycle();
        this.surroundings = shared.surroundings();
        this.spentUntilNanos = surroundings.getAsLong();
    }

    /** How long it is until the stream may be opened next. */
    Duration untilNext() {
        Duration tooMuch = spent().minus(INTERVAL.multipliedBy(BURST - 1));
        return tooMuch.isNegative() ? Duration.ZERO : tooMuch;
    }

    private Duration spent() {
        return Duration.ofNanos(Math.max(0, spentUntilNanos - surroundings.getAsLong()));
    }

    /**
     * Waits until the stream may be opened.
     *
     * @throws StoppedException as soon as the watcher is to stop
     * @throws SteeredException as soon as it is to be steered
     */
    void take() throws InterruptedException {
        for (Duration wait = untilNext(); !wait.isZero(); wait = untilNext()) {
            LOG.info(
                    "[{}] The stream has been opened often in a short time; opening it again in {} ms.",
                    watcher,
                    wait.toMillis());
            lifecycle.pauseUnlessCalled(wait, surroundings);
        }
        spentUntilNanos = surroundings.getAsLong() + spent().plus(INTERVAL).toNanos();
    }
}
