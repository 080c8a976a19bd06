package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RateLimitTest {
    private static final long SECOND = 1_000_000_000L;

    private static long permitted(RateLimit limit, long nanos, int attempts) {
        return IntStream.range(0, attempts).filter(i -> limit.permits(nanos)).count();
    }

    @Test
    void permitsAsManyAtOnceAsInASecond() {
        assertThat(permitted(new RateLimit(10, 0), 0, 50)).isEqualTo(10);
    }

    @Test
    void permitsOneMoreWhenItsPartOfTheSecondIsOver() {
        RateLimit limit = new RateLimit(10, 0);
        permitted(limit, 0, 10);

        assertThat(limit.permits(SECOND / 10 - 1)).isFalse();
        assertThat(limit.permits(SECOND / 10 + 1)).isTrue();
        assertThat(limit.permits(SECOND / 10 + 1)).isFalse();
    }

    @Test
    void savesNoMoreThanOneSecond() {
        RateLimit limit = new RateLimit(3, 0);

        assertThat(permitted(limit, 3_600 * SECOND, 50)).isEqualTo(3);
    }

    @Test
    void losesNothingByBeingAskedOften() {
        RateLimit limit = new RateLimit(1, 0);
        permitted(limit, 0, 1);
        boolean early = IntStream.range(1, 1_000).anyMatch(milli -> limit.permits(milli * 1_000_000L));

        assertThat(early).isFalse();
        assertThat(limit.permits(SECOND + 1_000)).isTrue();
    }

    @Test
    void countsAcrossTheEndOfTheTicker() {
        RateLimit limit = new RateLimit(2, Long.MAX_VALUE);
        permitted(limit, Long.MAX_VALUE, 2);

        assertThat(limit.permits(Long.MIN_VALUE)).isFalse();
        assertThat(permitted(limit, Long.MIN_VALUE + 2 * SECOND, 5)).isEqualTo(2);
    }

    @Test
    void permitsInAnyTimeNoMoreThanItsShareAndOneSecondsWorth() {
        Random random = new Random(10);
        for (int round = 0; round < 100; round++) {
            int perSecond = 1 + random.nextInt(20);
            RateLimit limit = new RateLimit(perSecond, 0);
            long nanos = 0;
            long permitted = 0;
            for (int i = 0; i < 1_000; i++) {
                nanos += random.nextLong(SECOND / 10);
                permitted += permitted(limit, nanos, random.nextInt(4));
                assertThat(permitted).isLessThanOrEqualTo(perSecond + nanos * perSecond / SECOND + 1);
            }
        }
    }
}
