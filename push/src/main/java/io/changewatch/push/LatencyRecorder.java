package io.changewatch.push;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts durations in buckets that grow by a sixteenth of a power of two, in microseconds.
 *
 * <p>Thread-safe.
 */
final class LatencyRecorder {
    private static final int STEPS = 16;
    private static final int BUCKETS = 36 * STEPS; // up to 2^39 microseconds, six days
    private static final Duration LONGEST = Duration.ofDays(6);
    private static final long LONGEST_MICROS = LONGEST.toNanos() / 1_000;

    private final AtomicLongArray buckets = new AtomicLongArray(BUCKETS);
    private final LongAdder count = new LongAdder();
    private final LongAdder sum = new LongAdder();
    private final AtomicLong max = new AtomicLong();

    /** Clocks may differ: less than nothing counts as nothing. */
    void record(Duration taken) {
        long micros = taken.isNegative() ? 0 : taken.compareTo(LONGEST) > 0 ? LONGEST_MICROS : taken.toNanos() / 1_000;
        buckets.incrementAndGet(bucket(micros));
        count.increment();
        sum.add(micros);
        max.accumulateAndGet(micros, Math::max);
    }

    private static int bucket(long micros) {
        if (micros < STEPS) {
            return (int) micros;
        }
        int exponent = 63 - Long.numberOfLeadingZeros(micros); // at least 4
        int step = (int) ((micros >>> (exponent - 4)) - STEPS);
        return Math.min(BUCKETS - 1, (exponent - 3) * STEPS + step);
    }

    /** The largest value of a bucket. */
    private static long top(int bucket) {
        if (bucket < STEPS) {
            return bucket;
        }
        int exponent = bucket / STEPS + 3;
        return (((long) STEPS + bucket % STEPS + 1) << (exponent - 4)) - 1;
    }

    Latency snapshot() {
        long total = 0;
        long[] counts = new long[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] = buckets.get(i);
            total += counts[i];
        }
        long longest = max.get();
        long mean = total == 0 ? 0 : sum.sum() / Math.max(1, count.sum());
        return new Latency(
                total,
                micros(mean),
                micros(Math.min(longest, percentile(counts, total, 0.50))),
                micros(Math.min(longest, percentile(counts, total, 0.99))),
                micros(longest));
    }

    private static long percentile(long[] counts, long total, double part) {
        long wanted = (long) Math.ceil(total * part);
        long seen = 0;
        for (int i = 0; i < counts.length && total > 0; i++) {
            seen += counts[i];
            if (seen >= wanted) {
                return top(i);
            }
        }
        return 0;
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1_000);
    }
}
