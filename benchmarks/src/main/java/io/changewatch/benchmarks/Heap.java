package io.changewatch.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/** What is reachable. */
public final class Heap {
    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();
    private static final int MOST_COLLECTIONS = 20;
    private static final long STABLE_WITHIN = 10_000;

    private Heap() {}

    /** Bytes in use after collections, until one more frees next to nothing. */
    public static long used() {
        long before = collected();
        for (int i = 1; i < MOST_COLLECTIONS; i++) {
            long now = collected();
            if (Math.abs(before - now) < STABLE_WITHIN) {
                return now;
            }
            before = now;
        }
        return before;
    }

    private static long collected() {
        MEMORY.gc();
        return MEMORY.getHeapMemoryUsage().getUsed();
    }
}
