package io.changewatch.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * The CPU time of this process, garbage collection and compilation included. The server is another process.
 *
 * <p>JDK 17 on Linux counts it in steps of 10 ms: a round has to take many of them.
 */
final class ProcessCpu {
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private ProcessCpu() {}

    static Duration time() {
        return Duration.ofNanos(SYSTEM.getProcessCpuTime());
    }
}
