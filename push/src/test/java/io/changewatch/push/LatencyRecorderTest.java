package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class LatencyRecorderTest {
    private static final Latency NOTHING = new Latency(0, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    private final LatencyRecorder recorder = new LatencyRecorder();

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1_000);
    }

    private void record(LongStream micros) {
        micros.forEach(one -> recorder.record(micros(one)));
    }

    @Test
    void saysNothingOfNothing() {
        assertThat(recorder.snapshot()).isEqualTo(NOTHING);
    }

    @Test
    void takesAnyDuration() {
        recorder.record(Duration.ofSeconds(Long.MAX_VALUE));
        recorder.record(Duration.ofSeconds(Long.MIN_VALUE));

        assertThat(recorder.snapshot().count()).isEqualTo(2);
        assertThat(recorder.snapshot().max()).isEqualTo(Duration.ofDays(6));
    }

    @Test
    void isExactForOne() {
        recorder.record(Duration.ofMillis(12_345));

        assertThat(recorder.snapshot())
                .isEqualTo(new Latency(
                        1,
                        Duration.ofMillis(12_345),
                        Duration.ofMillis(12_345),
                        Duration.ofMillis(12_345),
                        Duration.ofMillis(12_345)));
    }

    @Test
    void isExactBelowSixteenMicroseconds() {
        record(LongStream.rangeClosed(1, 15));

        assertThat(recorder.snapshot()).isEqualTo(new Latency(15, micros(8), micros(8), micros(15), micros(15)));
    }

    @Test
    void countsWholeMicroseconds() {
        recorder.record(Duration.ofNanos(1_999));

        assertThat(recorder.snapshot().max()).isEqualTo(micros(1));
    }

    @Test
    void countsNothing() {
        recorder.record(Duration.ZERO);

        assertThat(recorder.snapshot())
                .isEqualTo(new Latency(1, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO));
    }

    @Test
    void countsLessThanNothingAsNothing() {
        recorder.record(Duration.ofSeconds(-5));
        recorder.record(Duration.ofNanos(-1));

        assertThat(recorder.snapshot())
                .isEqualTo(new Latency(2, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO));
    }

    @Test
    void countsWhatIsBeyondItsBuckets() {
        record(LongStream.of(1, 1, 1));
        recorder.record(Duration.ofDays(365));

        Latency latency = recorder.snapshot();
        assertThat(latency.count()).isEqualTo(4);
        assertThat(latency.median()).isEqualTo(micros(1));
        assertThat(latency.p99()).isGreaterThan(Duration.ofDays(5));
        assertThat(latency.max()).isEqualTo(Duration.ofDays(6));
    }

    @Test
    void tellsTheRareFromTheUsual() {
        record(LongStream.range(0, 990).map(i -> 10));
        record(LongStream.range(0, 10).map(i -> 1_000_000));

        assertThat(recorder.snapshot().p99()).isEqualTo(micros(10));
        recorder.record(micros(1_000_000));
        assertThat(recorder.snapshot().p99()).isEqualTo(micros(1_000_000));
    }

    @Test
    void isNearTheExactPercentilesOfEvenlySpreadTimes() {
        nearTheExact(random -> random.nextLong(2_000_000));
    }

    @Test
    void isNearTheExactPercentilesOfTimesThatAreMostlyShort() {
        nearTheExact(random -> (long) (-Math.log(1 - random.nextDouble()) * 20_000));
    }

    @Test
    void isNearTheExactPercentilesOfTimesOfAllSizes() {
        nearTheExact(random -> (long) Math.pow(2, random.nextDouble() * 36));
    }

    private void nearTheExact(ToLongFunction<Random> source) {
        Random random = new Random(11);
        for (int round = 0; round < 20; round++) {
            LatencyRecorder one = new LatencyRecorder();
            long[] times = LongStream.generate(() -> source.applyAsLong(random))
                    .limit(1 + random.nextInt(5_000))
                    .sorted()
                    .toArray();
            Arrays.stream(times).forEach(time -> one.record(micros(time)));
            compare(one.snapshot(), times);
        }
    }

    private static void compare(Latency latency, long[] sorted) {
        assertThat(latency.count()).isEqualTo(sorted.length);
        assertThat(latency.max()).isEqualTo(micros(sorted[sorted.length - 1]));
        assertThat(latency.mean()).isEqualTo(micros(Arrays.stream(sorted).sum() / sorted.length));
        assertThat(latency.median().toNanos() / 1_000).isCloseTo(exact(sorted, 0.50), withinPercentage(7));
        assertThat(latency.p99().toNanos() / 1_000).isCloseTo(exact(sorted, 0.99), withinPercentage(7));
    }

    private static long exact(long[] sorted, double part) {
        return sorted[(int) Math.ceil(sorted.length * part) - 1];
    }
}
