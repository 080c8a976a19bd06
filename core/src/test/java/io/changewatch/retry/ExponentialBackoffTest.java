package io.changewatch.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ExponentialBackoffTest {

    private static final RandomGenerator RANDOM = new Random(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final ExponentialBackoff POLICY = RetryPolicy.exponential(SECOND, Duration.ofSeconds(10));

    @Test
    void doublesUpToTheMaximum() {
        List<Long> seconds = IntStream.rangeClosed(1, 7)
                .mapToObj(failures -> delay(POLICY, failures).toSeconds())
                .toList();

        assertThat(seconds).containsExactly(1L, 2L, 4L, 8L, 10L, 10L, 10L);
    }

    @Test
    void neverEndsUnlessTold() {
        assertThat(POLICY.delayAfter(Integer.MAX_VALUE - 1, Duration.ofDays(365_000), RANDOM))
                .contains(Duration.ofSeconds(10));
    }

    @Test
    void givesUpAfterTheLastAttempt() {
        ExponentialBackoff three = POLICY.maxAttempts(3);

        assertThat(three.delayAfter(2, Duration.ZERO, RANDOM)).isPresent();
        assertThat(three.delayAfter(3, Duration.ZERO, RANDOM)).isEmpty();
        assertThat(three.delayAfter(4, Duration.ZERO, RANDOM)).isEmpty();
    }

    @Test
    void beginsTheLastAttemptWhenTheTimeIsOver() {
        ExponentialBackoff minute = POLICY.maxElapsed(Duration.ofMinutes(1));

        assertThat(minute.delayAfter(9, Duration.ofSeconds(50), RANDOM)).contains(Duration.ofSeconds(10));
        assertThat(minute.delayAfter(9, Duration.ofSeconds(57), RANDOM)).contains(Duration.ofSeconds(3));
        assertThat(minute.delayAfter(9, Duration.ofMinutes(1), RANDOM)).isEmpty();
        assertThat(minute.delayAfter(9, Duration.ofMinutes(2), RANDOM)).isEmpty();
    }

    @Test
    void bearsAClockThatWentBack() {
        assertThat(POLICY.delayAfter(1, Duration.ofSeconds(-5), RANDOM)).contains(SECOND);
    }

    @Test
    void keepsJitterWithinItsPart() {
        ExponentialBackoff half = POLICY.jitter(0.5);

        List<Duration> delays =
                IntStream.range(0, 10_000).mapToObj(i -> delay(half, 4)).toList();

        assertThat(delays).allMatch(delay -> delay.compareTo(Duration.ofSeconds(4)) > 0);
        assertThat(delays).allMatch(delay -> delay.compareTo(Duration.ofSeconds(8)) <= 0);
        assertThat(delays.stream().mapToLong(Duration::toMillis).average().orElseThrow())
                .isBetween(5_900.0, 6_100.0);
    }

    @Test
    void drawsTheSameJitterFromTheSameRandomness() {
        ExponentialBackoff half = POLICY.jitter(0.5);

        assertThat(half.delayAfter(3, Duration.ZERO, new Random(7)))
                .isEqualTo(half.delayAfter(3, Duration.ZERO, new Random(7)));
    }

    @Test
    void bearsTheLongestDurationsAndTheMostAttempts() {
        ExponentialBackoff longest = RetryPolicy.exponential(Duration.ofNanos(1), ExponentialBackoff.ENDLESS);

        assertThat(delay(longest, Integer.MAX_VALUE - 1)).isEqualTo(ExponentialBackoff.ENDLESS);
        assertThat(delay(longest.jitter(1), Integer.MAX_VALUE - 1)).isPositive();
        assertThat(delay(longest, 64))
                .isEqualTo(Duration.ofNanos(Long.MAX_VALUE).plusNanos(1));
    }

    @Test
    void keepsEveryNanosecondOfALongDelay() {
        Duration delay = Duration.ofDays(200).plusNanos(1);

        assertThat(delay(RetryPolicy.exponential(delay, delay), 1)).isEqualTo(delay);
    }

    @Test
    void neverTriesAgainWhenToldSo() {
        assertThat(RetryPolicy.never().delayAfter(1, Duration.ZERO, RANDOM)).isEmpty();
    }

    @Test
    void refusesWhatCannotBeMeant() {
        refuses(() -> RetryPolicy.exponential(Duration.ZERO, SECOND), "first delay must be positive, but is PT0S.");
        refuses(
                () -> RetryPolicy.exponential(SECOND, Duration.ofMillis(1)),
                "max must not be shorter than the first delay of PT1S, but is PT0.001S.");
        refuses(() -> POLICY.jitter(1.5), "jitter must be within 0..1, but is 1.5.");
        refuses(() -> POLICY.jitter(-0.1), "jitter must be within 0..1, but is -0.1.");
        refuses(() -> POLICY.jitter(Double.NaN), "jitter must be within 0..1, but is NaN.");
        refuses(() -> POLICY.maxAttempts(0), "maxAttempts must be at least 1, but is 0.");
        refuses(() -> POLICY.maxElapsed(Duration.ZERO), "maxElapsed must be positive, but is PT0S.");
        assertThatNullPointerException()
                .isThrownBy(() -> RetryPolicy.exponential(null, SECOND))
                .withMessage("first");
        assertThatNullPointerException()
                .isThrownBy(() -> RetryPolicy.exponential(SECOND, null))
                .withMessage("max");
        assertThatNullPointerException()
                .isThrownBy(() -> POLICY.maxElapsed(null))
                .withMessage("maxElapsed");
    }

    private static void refuses(Runnable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call::run).withMessage("Back-off: " + message);
    }

    private static Duration delay(RetryPolicy policy, int failures) {
        return policy.delayAfter(failures, Duration.ZERO, RANDOM).orElseThrow();
    }
}
