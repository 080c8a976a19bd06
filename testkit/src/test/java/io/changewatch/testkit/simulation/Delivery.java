package io.changewatch.testkit.simulation;

import io.changewatch.Batching;
import io.changewatch.internal.deliver.KeyedDeliverer.Limits;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * How events are handed to the handler.
 *
 * @param concurrency how many handlers run at once
 * @param most how many events may be handed out from the oldest on that is not handled; of batches, how many one has
 * @param maxBytes how many bytes the events may have that are handed out and not handled, or that a batch has
 * @param within how long a batch is collected
 */
record Delivery(Kind kind, int concurrency, int most, long maxBytes, Duration within) {
    /** By which deliverer. */
    enum Kind {
        ONE_BY_ONE,
        BY_KEY,
        IN_BATCHES
    }

    private static final Delivery ONE_BY_ONE = new Delivery(Kind.ONE_BY_ONE, 1, 1, Long.MAX_VALUE, Duration.ZERO);
    /** Of two or three events. */
    private static final long FEW_BYTES = 600;

    static Delivery of(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> byKey(random);
            case 2 -> inBatches(random);
            default -> ONE_BY_ONE;
        };
    }

    private static Delivery byKey(SplittableRandom random) {
        int concurrency = 2 + random.nextInt(3);
        return new Delivery(Kind.BY_KEY, concurrency, concurrency + random.nextInt(6), bytes(random), Duration.ZERO);
    }

    private static Delivery inBatches(SplittableRandom random) {
        Duration within = Duration.ofMillis(random.nextInt(2_000));
        return new Delivery(Kind.IN_BATCHES, 1, 1 + random.nextInt(6), bytes(random), within);
    }

    private static long bytes(SplittableRandom random) {
        return random.nextInt(4) == 0 ? FEW_BYTES : Long.MAX_VALUE;
    }

    boolean isByKey() {
        return kind == Kind.BY_KEY;
    }

    /** What comes again beside what is not saved: that is handed out behind the oldest event that is not handled. */
    int mostBehindOldest() {
        return switch (kind) {
            case ONE_BY_ONE -> 0;
            case BY_KEY -> most;
            case IN_BATCHES -> 2 * most;
        };
    }

    Limits limits() {
        return new Limits(concurrency, most, maxBytes);
    }

    Batching batching() {
        return Batching.upTo(most).ofBytes(maxBytes).within(within);
    }
}
