package io.changewatch.testkit.simulation;

import io.changewatch.internal.deliver.KeyedDeliverer.Limits;
import java.util.SplittableRandom;

/**
 * How events are handed to the handler.
 *
 * @param concurrency how many handlers run at once; with one, there is one event after the other
 * @param maxInFlight how many events may be handed out from the oldest on that is not handled
 * @param maxBytes how many bytes the events may have that are handed out and not handled
 */
record Delivery(int concurrency, int maxInFlight, long maxBytes) {
    private static final Delivery ONE_BY_ONE = new Delivery(1, 1, Long.MAX_VALUE);
    /** Of two or three events. */
    private static final long FEW_BYTES = 600;

    /** Side by side in one of four seeds. */
    static Delivery of(SplittableRandom random) {
        if (random.nextInt(4) != 0) {
            return ONE_BY_ONE;
        }
        int concurrency = 2 + random.nextInt(3);
        int maxInFlight = concurrency + random.nextInt(6);
        return new Delivery(concurrency, maxInFlight, random.nextInt(4) == 0 ? FEW_BYTES : Long.MAX_VALUE);
    }

    boolean isSideBySide() {
        return concurrency > 1;
    }

    /** What is handed out behind the oldest event that is not handled, and comes again with it. */
    int mostBehindOldest() {
        return isSideBySide() ? maxInFlight : 0;
    }

    Limits limits() {
        return new Limits(concurrency, maxInFlight, maxBytes);
    }
}
