package io.changewatch.retry;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether and when something that failed is tried again: a pure function from the attempt to the delay before it.
 *
 * <p>A watcher asks it before it opens its stream again. It also serves an application's own calls:
 *
 * {@snippet class="io.changewatch.examples.RetriedCalls" region="call"}
 *
 * <p>Implementations are immutable and thread-safe.
 */
@FunctionalInterface
public interface RetryPolicy {

    /**
     * The delay before a further attempt; empty to give up.
     *
     * @param failures how many attempts have failed so far, 1 after the first
     * @param elapsed the time since the first failure
     * @param random the source of jitter
     */
    Optional<Duration> delayAfter(int failures, Duration elapsed, RandomGenerator random);

    /**
     * Runs {@code task} on this thread until it returns, waiting between the attempts as this policy says.
     *
     * <p>Every {@link Exception} is worth another attempt, an {@link InterruptedException} and an {@link Error} are not.
     *
     * @return what the first attempt that succeeded returned
     * @throws InterruptedException if this thread is interrupted while waiting; the last failure is suppressed in it
     * @throws Exception the last failure, when this policy gives up; at most eight before it are suppressed in it
     */
    default <V extends @Nullable Object> V call(Callable<V> task) throws Exception {
        return new RetriedCall(this, Pause.REAL).call(Objects.requireNonNull(task, "task"));
    }

    /**
     * Delays of {@code first}, twice that, and so on up to {@code max}; without jitter and without end until told otherwise.
     *
     * @throws IllegalArgumentException if {@code first} is not positive or {@code max} is shorter than {@code first}
     */
    static ExponentialBackoff exponential(Duration first, Duration max) {
        return ExponentialBackoff.between(first, max);
    }

    /** Gives up after the first failure. */
    static RetryPolicy never() {
        return (failures, elapsed, random) -> Optional.empty();
    }
}
