package io.changewatch.comparison;

import io.changewatch.benchmarks.Heap;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Records how long each order took from its writer to the handler, but for those of the warm-up, and that each came once.
 *
 * <p>Between the warm-up and the rest the writer pauses: the heap is looked at then, and at the end.
 *
 * <p>One thread receives; another waits.
 */
final class LatencyReceiver implements Receiver {
    private static final int DIGITS = 3;
    private static final double MICROS = 1e-3;

    private final int warmUp;
    private final int all;
    private final Duration limit;
    private final BitSet seen = new BitSet();
    private final Histogram nanos = new Histogram(DIGITS);
    private final CountDownLatch done = new CountDownLatch(1);
    private int received;
    private long heapAtBeginning;
    private long heapAtEnd;
    private long collectionsBefore;
    private long collectionsAfter;
    private volatile @Nullable Throwable failure;

    /** Of {@code all} orders, the first {@code warmUp} count for nothing. */
    LatencyReceiver(int warmUp, int all, Duration limit) {
        this.warmUp = warmUp;
        this.all = all;
        this.limit = limit;
    }

    @Override
    public void begin() {
        // Each order tells when it began.
    }

    @Override
    public boolean isDone() {
        return received == all;
    }

    @Override
    public void received(Order order) {
        received(order.id(), order.sent());
    }

    @Override
    public void received(RawBsonDocument event) {
        received(RawEvent.key(event), RawEvent.sent(event));
    }

    @Override
    public void received(long key) {
        throw new UnsupportedOperationException("A latency needs the document.");
    }

    private void received(long key, long sent) {
        int id = Math.toIntExact(key);
        if (id >= warmUp) {
            nanos.recordValue(Math.max(0, EpochClock.nanos() - sent));
        }
        if (id >= all || seen.get(id)) {
            IllegalStateException wrong = new IllegalStateException("Order " + id + " of " + all + " came again.");
            fail(wrong);
            throw wrong;
        }
        seen.set(id);
        received++;
        if (received == warmUp) {
            heapAtBeginning = Heap.used();
            collectionsBefore = collections();
        } else if (isDone()) {
            collectionsAfter = collections();
            heapAtEnd = Heap.used();
            done.countDown();
        }
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    @Override
    public void fail(Throwable cause) {
        if (done.getCount() > 0 && failure == null) {
            failure = cause;
        }
        done.countDown();
    }

    @Override
    public void await() throws InterruptedException {
        boolean inTime = done.await(limit.toSeconds(), TimeUnit.SECONDS);
        if (failure != null || !inTime) {
            throw new IllegalStateException(received + " of " + all + " orders came within " + limit + ".", failure);
        }
    }

    /** In microseconds. */
    Document document() {
        return new Document("events", nanos.getTotalCount())
                .append("p50", nanos.getValueAtPercentile(50) * MICROS)
                .append("p99", nanos.getValueAtPercentile(99) * MICROS)
                .append("p99_9", nanos.getValueAtPercentile(99.9) * MICROS)
                .append("max", nanos.getMaxValue() * MICROS)
                .append("mean", nanos.getMean() * MICROS)
                .append("heapAtBeginning", heapAtBeginning)
                .append("heapAtEnd", heapAtEnd)
                .append("collections", collectionsAfter - collectionsBefore);
    }
}
