package io.changewatch.comparison;

import org.bson.Document;

/**
 * What was used up to a moment, or between two.
 *
 * @param nanos of time, see {@link System#nanoTime()}
 * @param cpuNanos of CPU of this process, garbage collection and compilation included
 * @param allocatedBytes by all threads of this process
 * @param serverCpuNanos of CPU of the server's process
 */
record Usage(long nanos, long cpuNanos, long allocatedBytes, long serverCpuNanos) {
    static final Usage NONE = new Usage(0, 0, 0, 0);

    Usage since(Usage before) {
        return new Usage(
                nanos - before.nanos,
                cpuNanos - before.cpuNanos,
                allocatedBytes - before.allocatedBytes,
                serverCpuNanos - before.serverCpuNanos);
    }

    Usage plus(Usage other) {
        return new Usage(
                nanos + other.nanos,
                cpuNanos + other.cpuNanos,
                allocatedBytes + other.allocatedBytes,
                serverCpuNanos + other.serverCpuNanos);
    }

    static Usage read(Document document) {
        return new Usage(
                document.getLong("nanos"),
                document.getLong("cpuNanos"),
                document.getLong("allocatedBytes"),
                document.getLong("serverCpuNanos"));
    }

    Document document() {
        return new Document("nanos", nanos)
                .append("cpuNanos", cpuNanos)
                .append("allocatedBytes", allocatedBytes)
                .append("serverCpuNanos", serverCpuNanos);
    }
}
