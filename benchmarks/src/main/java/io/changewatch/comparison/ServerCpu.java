package io.changewatch.comparison;

import java.time.Duration;

/**
 * The CPU time of the server's process, counted by Linux in steps of 10 ms.
 *
 * @param process the id of the process
 */
record ServerCpu(long process) {

    long nanos() {
        return ProcessHandle.of(process)
                .flatMap(server -> server.info().totalCpuDuration())
                .map(Duration::toNanos)
                .orElseThrow(() -> new IllegalStateException("No CPU time is known of process " + process + "."));
    }
}
