package io.changewatch.comparison;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.bson.Document;

/**
 * What the process of one contestant has measured in one round.
 *
 * @param contestant who was measured
 * @param round from 1
 * @param launched when its process was
 * @param measured what it printed
 */
record Run(Contestant contestant, int round, Instant launched, Document measured) {
    private static final double NANOS = 1e9;
    private static final double TO_MICROS = 1e-3;

    private Usage usage() {
        return Usage.read(measured);
    }

    private long events() {
        return measured.getLong("events");
    }

    /** One of the figures that it printed. */
    double figure(String name) {
        return requireNonNull(measured.get(name, Number.class), name).doubleValue();
    }

    double eventsPerSecond() {
        return events() * NANOS / usage().nanos();
    }

    /** Without the first tenth of each pass, and so without the start of the stream. */
    double steadyEventsPerSecond() {
        long nanos = measured.getList("passes", Document.class).stream()
                .mapToLong(pass -> pass.getLong("steadyNanos"))
                .sum();
        long each = eventsPerPass();
        return passes() * (each - each / 10) * NANOS / nanos;
    }

    long eventsPerPass() {
        return events() / passes();
    }

    double seconds() {
        return usage().nanos() / NANOS / passes();
    }

    int passes() {
        return measured.getList("passes", Document.class).size();
    }

    double cpuMicrosPerEvent() {
        return usage().cpuNanos() * TO_MICROS / events();
    }

    double serverCpuMicrosPerEvent() {
        return usage().serverCpuNanos() * TO_MICROS / events();
    }

    double bytesPerEvent() {
        return (double) usage().allocatedBytes() / events();
    }

    /** Who, when, and what it printed. */
    Document raw() {
        Document raw = head();
        raw.putAll(measured);
        return raw;
    }

    /** Who, when, what is made of what it printed, and that. */
    Document document() {
        return head().append("eventsPerSecond", eventsPerSecond())
                .append("steadyEventsPerSecond", steadyEventsPerSecond())
                .append("cpuMicrosPerEvent", cpuMicrosPerEvent())
                .append("bytesPerEvent", bytesPerEvent())
                .append("serverCpuMicrosPerEvent", serverCpuMicrosPerEvent())
                .append("measured", measured);
    }

    private Document head() {
        return new Document("contestant", contestant.toString())
                .append("round", round)
                .append("launched", launched.toString());
    }
}
