package io.changewatch.comparison;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * Reads what this process and the server's have used. Linux counts the CPU time of another process in steps of 10 ms, and JDK 17
 * that of its own, too.
 *
 * <p>Used by one thread at a time.
 */
final class Meter {
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final long serverProcess;
    private final AllocatedBytes allocated = new AllocatedBytes();

    /** Of the server with this process id. */
    Meter(long serverProcess) {
        this.serverProcess = serverProcess;
    }

    /** The clock is read last, so that reading the rest does not count. */
    Usage atBeginning() {
        Usage now = atEnd();
        return new Usage(System.nanoTime(), now.cpuNanos(), now.allocatedBytes(), now.serverCpuNanos());
    }

    /** The clock is read first. */
    Usage atEnd() {
        long nanos = System.nanoTime();
        return new Usage(nanos, SYSTEM.getProcessCpuTime(), allocated.total(), serverCpuNanos());
    }

    private long serverCpuNanos() {
        return ProcessHandle.of(serverProcess)
                .flatMap(server -> server.info().totalCpuDuration())
                .map(Duration::toNanos)
                .orElseThrow(() -> new IllegalStateException("No CPU time is known of process " + serverProcess + "."));
    }
}
