package io.changewatch.retry;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Delays that double up to a maximum, optionally with jitter and an end.
 *
 * <p>Immutable and thread-safe.
 *
 * @param first the delay after the first failure
 * @param max the longest delay before jitter
 * @param jitter the part of a delay that is random, 0 to 1: with 0.5 a delay of 1 s becomes 0.5 s to 1 s
 * @param maxAttempts how many attempts in all, the first included; {@link Integer#MAX_VALUE} for no end
 * @param maxElapsed how long after the first failure a further attempt may begin; {@link #ENDLESS} for no end
 */
public record ExponentialBackoff(Duration first, Duration max, double jitter, int maxAttempts, Duration maxElapsed)
        implements RetryPolicy {

    /** No limit in time. */
    public static final Duration ENDLESS = Duration.ofSeconds(Long.MAX_VALUE);

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if {@code first} or {@code maxElapsed} is not positive, {@code max} is shorter than
     *     {@code first}, {@code jitter} is outside 0..1 or {@code maxAttempts} is less than 1
     */
    public ExponentialBackoff {
        Objects.requireNonNull(first, "first");
        Objects.requireNonNull(max, "max");
        Objects.requireNonNull(maxElapsed, "maxElapsed");
        require(first.compareTo(Duration.ZERO) > 0, "first delay must be positive", first);
        require(max.compareTo(first) >= 0, "max must not be shorter than the first delay of " + first, max);
        require(jitter >= 0 && jitter <= 1, "jitter must be within 0..1", jitter);
        require(maxAttempts >= 1, "maxAttempts must be at least 1", maxAttempts);
        require(maxElapsed.compareTo(Duration.ZERO) > 0, "maxElapsed must be positive", maxElapsed);
    }

    static ExponentialBackoff between(Duration first, Duration max) {
        return new ExponentialBackoff(first, max, 0, Integer.MAX_VALUE, ENDLESS);
    }

    /**
     * The same with a random part, so that many clients do not come back at once.
     *
     * @throws IllegalArgumentException if {@code part} is outside 0..1
     */
    public ExponentialBackoff jitter(double part) {
        return new ExponentialBackoff(first, max, part, maxAttempts, maxElapsed);
    }

    /**
     * The same, giving up after {@code attempts} attempts, the first included.
     *
     * @throws IllegalArgumentException if {@code attempts} is less than 1
     */
    public ExponentialBackoff maxAttempts(int attempts) {
        return new ExponentialBackoff(first, max, jitter, attempts, maxElapsed);
    }

    /**
     * The same, giving up when {@code duration} has passed since the first failure.
     *
     * @throws IllegalArgumentException if {@code duration} is not positive
     */
    public ExponentialBackoff maxElapsed(Duration duration) {
        return new ExponentialBackoff(first, max, jitter, maxAttempts, duration);
    }

    /** {@inheritDoc} The last delay is cut short, so that the last attempt begins when {@code maxElapsed} is over. */
    @Override
    public Optional<Duration> delayAfter(int failures, Duration elapsed, RandomGenerator random) {
        Objects.requireNonNull(random, "random");
        Duration left = elapsed.isNegative() ? maxElapsed : maxElapsed.minus(elapsed);
        if (failures >= maxAttempts || left.compareTo(Duration.ZERO) <= 0) {
            return Optional.empty();
        }
        Duration delay = withJitter(fullDelay(failures), random);
        return Optional.of(delay.compareTo(left) < 0 ? delay : left);
    }

    private Duration fullDelay(int failures) {
        Duration half = max.dividedBy(2);
        Duration delay = first;
        for (int doublings = 1; doublings < failures && delay.compareTo(max) < 0; doublings++) {
            delay = delay.compareTo(half) > 0 ? max : delay.multipliedBy(2);
        }
        return delay;
    }

    private Duration withJitter(Duration delay, RandomGenerator random) {
        if (jitter == 0) {
            return delay;
        }
        BigDecimal kept = BigDecimal.valueOf(1 - jitter * random.nextDouble());
        BigDecimal seconds = exactSeconds(delay).multiply(kept);
        BigDecimal whole = seconds.setScale(0, RoundingMode.DOWN);
        return Duration.ofSeconds(
                whole.longValueExact(),
                seconds.subtract(whole).movePointRight(9).longValue());
    }

    /** Not {@link Duration#toNanos()}: that overflows after 292 years, and {@link #ENDLESS} is a permitted maximum. */
    private static BigDecimal exactSeconds(Duration delay) {
        return BigDecimal.valueOf(delay.getSeconds()).add(BigDecimal.valueOf(delay.getNano(), 9));
    }

    private static void require(boolean holds, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("Back-off: " + rule + ", but is " + value + ".");
        }
    }
}
