package io.changewatch.comparison;

import com.sun.management.ThreadMXBean;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the threads of this process allocate. Before Java 21, what a thread has allocated since the last look before its end is not
 * known.
 *
 * <p>Used by one thread at a time.
 */
final class AllocatedBytes {
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private static final @Nullable MethodHandle TOTAL = fromJava21();

    private Map<Long, Long> seen = Map.of();
    private long sum;

    private static @Nullable MethodHandle fromJava21() {
        try {
            return MethodHandles.publicLookup()
                    .findVirtual(ThreadMXBean.class, "getTotalThreadAllocatedBytes", MethodType.methodType(long.class));
        } catch (ReflectiveOperationException olderJava) {
            return null;
        }
    }

    /** Rises from look to look; where it begins means nothing. */
    long total() {
        return TOTAL == null ? ofThreads() : total(TOTAL);
    }

    private long ofThreads() {
        long[] ids = THREADS.getAllThreadIds();
        long[] bytes = THREADS.getThreadAllocatedBytes(ids);
        Map<Long, Long> now = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            if (bytes[i] >= 0) { // it lives
                sum += bytes[i] - seen.getOrDefault(ids[i], 0L);
                now.put(ids[i], bytes[i]);
            }
        }
        seen = now;
        return sum;
    }

    private static long total(MethodHandle method) {
        try {
            return (long) method.invoke(THREADS);
        } catch (Throwable e) {
            throw new IllegalStateException("The JVM does not tell what its threads have allocated.", e);
        }
    }
}
