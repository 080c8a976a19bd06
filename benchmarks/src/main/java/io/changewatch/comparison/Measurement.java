package io.changewatch.comparison;

import java.util.ArrayList;
import java.util.List;
import org.bson.Document;

/**
 * Measures one contestant, in this process: reads the history until that becomes no faster, and then measures.
 *
 * <p>The figures are those of all measured passes together.
 */
final class Measurement {
    private static final int LEAST_PASSES = 3;
    private static final int MOST_PASSES = 100;
    private static final long SECOND = 1_000_000_000L;
    private static final int MOST_WARM_UP = 6;
    private static final long MEASURED_NANOS = 3 * SECOND;
    /** A pass that takes more than this share of the best one before it is no longer warming up. */
    private static final double STABLE = 0.95;

    private final Task task;
    private final Meter meter;
    private final Consumer consumer;

    Measurement(Task task, Consumer consumer) {
        this.task = task;
        this.meter = new Meter(task.serverProcess());
        this.consumer = consumer;
    }

    Document run() throws Exception {
        List<Long> warmUp = warmUp();
        List<Document> passes = new ArrayList<>();
        Usage all = Usage.NONE;
        while (passes.size() < LEAST_PASSES || (all.nanos() < MEASURED_NANOS && passes.size() < MOST_PASSES)) {
            Pass pass = pass();
            all = all.plus(pass.usage());
            passes.add(pass.document());
        }
        return all.document()
                .append("events", (long) passes.size() * task.workload().events())
                .append("warmUpNanos", warmUp)
                .append("passes", passes);
    }

    private List<Long> warmUp() throws Exception {
        List<Long> passes = new ArrayList<>();
        long least = task.warmUpSeconds() * SECOND;
        long sum = 0;
        long best = Long.MAX_VALUE;
        boolean stable = false;
        while (passes.size() < LEAST_PASSES || sum < least || (!stable && sum < least * MOST_WARM_UP)) {
            long nanos = pass().usage().nanos();
            stable = nanos > best * STABLE;
            best = Math.min(best, nanos);
            sum += nanos;
            passes.add(nanos);
        }
        return passes;
    }

    private Pass pass() throws Exception {
        Pass pass = new Pass(task.workload(), meter);
        consumer.read(pass);
        pass.await();
        return pass;
    }
}
