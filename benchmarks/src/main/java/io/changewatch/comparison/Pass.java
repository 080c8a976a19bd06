package io.changewatch.comparison;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * One reading of the whole history: verifies that exactly the expected events come, in order, and measures what that took.
 *
 * <p>The measured time is that from {@link #begin()} to the last event. Stopping the consumer is not measured.
 *
 * <p>One thread begins; one thread receives, which may be another.
 */
final class Pass implements Receiver {
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private final Workload workload;
    private final Meter meter;
    private final int expected;
    private final int steadyFrom;
    private final CountDownLatch done = new CountDownLatch(1);
    private int received;
    private long steadySince;
    private volatile @Nullable Usage beginning;
    private volatile @Nullable Usage end;
    private volatile @Nullable RuntimeException failure;

    Pass(Workload workload, Meter meter) {
        this.workload = workload;
        this.meter = meter;
        this.expected = workload.events();
        this.steadyFrom = expected / 10;
    }

    @Override
    public void begin() {
        beginning = meter.atBeginning();
    }

    @Override
    public boolean isDone() {
        return received == expected;
    }

    @Override
    public void received(Order order) {
        if (!workload.isGenuine(order)) {
            throw failed("Event " + received + " is not what was written: " + order);
        }
        received(order.id());
    }

    @Override
    public void received(RawBsonDocument event) {
        received(RawEvent.key(event));
    }

    @Override
    public void received(long key) {
        if (isDone() || key != workload.key(received)) {
            throw failed("Event " + received + " of " + expected + " is of document " + key + ".");
        }
        received++;
        if (received == steadyFrom) {
            steadySince = System.nanoTime();
        }
        if (received == expected) {
            end = meter.atEnd();
            done.countDown();
        }
    }

    /** Also makes the waiting thread fail: not every consumer ends when its handler throws. */
    private RuntimeException failed(String message) {
        RuntimeException wrong = new IllegalStateException(message);
        fail(wrong);
        return wrong;
    }

    @Override
    public void fail(Throwable cause) {
        if (done.getCount() > 0 && failure == null) { // how it stops when it has all events does not matter
            failure = new IllegalStateException("The pass failed: " + cause.getMessage(), cause);
        }
        done.countDown();
    }

    @Override
    public void await() throws InterruptedException {
        boolean inTime = done.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
        RuntimeException failed = failure;
        if (failed != null) {
            throw failed;
        }
        if (!inTime) {
            throw new IllegalStateException("Not all events came within " + LIMIT + ".");
        }
    }

    Usage usage() {
        Usage from = beginning;
        Usage to = end;
        if (from == null || to == null) {
            throw new IllegalStateException("The pass has not ended.");
        }
        return to.since(from);
    }

    /** The usage, and how long the last nine tenths of the events took. */
    Document document() {
        Usage to = end;
        long steady = to == null || steadyFrom == 0 ? 0 : to.nanos() - steadySince;
        return usage().document().append("steadyNanos", steady);
    }
}
