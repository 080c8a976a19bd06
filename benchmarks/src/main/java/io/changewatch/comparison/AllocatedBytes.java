package io.changewatch.comparison;

import com.sun.management.ThreadMXBean;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What the threads of this process have allocated. Before Java 21, what threads allocated that have ended is not known. */
final class AllocatedBytes {
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private static final @Nullable MethodHandle TOTAL = fromJava21();

    private AllocatedBytes() {}

    private static @Nullable MethodHandle fromJava21() {
        try {
            return MethodHandles.publicLookup()
                    .findVirtual(ThreadMXBean.class, "getTotalThreadAllocatedBytes", MethodType.methodType(long.class));
        } catch (ReflectiveOperationException olderJava) {
            return null;
        }
    }

    static long total() {
        return TOTAL == null ? ofLivingThreads() : total(TOTAL);
    }

    private static long ofLivingThreads() {
        return LongStream.of(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    private static long total(MethodHandle method) {
        try {
            return (long) method.invoke(THREADS);
        } catch (Throwable e) {
            throw new IllegalStateException("The JVM does not tell what its threads have allocated.", e);
        }
    }
}
