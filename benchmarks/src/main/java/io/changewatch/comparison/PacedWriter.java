package io.changewatch.comparison;

import com.mongodb.WriteConcern;
import com.mongodb.client.MongoCollection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Inserts orders at an even pace with majority write concern, about a thousand times a second: one order, or at higher rates a small
 * batch of them, all of which carry the time right before the insert.
 *
 * <p>Several threads write, so that a slow insert does not delay the next one.
 *
 * <p>Used by one thread.
 */
final class PacedWriter implements AutoCloseable {
    private static final int INSERTS_PER_SECOND = 1_000;
    private static final int THREADS = 16;
    private static final double SECOND = 1e9;

    private final List<MongoCollection<Order>> collections;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    /** Writes to the collections in turn. */
    PacedWriter(List<MongoCollection<Order>> collections) {
        this.collections = collections.stream()
                .map(orders -> orders.withWriteConcern(WriteConcern.MAJORITY))
                .toList();
    }

    /** Writes the orders {@code from} to {@code to - 1}; returns how many a second it managed. */
    double write(int from, int to, int perSecond) throws InterruptedException {
        int batch = Math.max(1, perSecond / INSERTS_PER_SECOND);
        Phase phase = new Phase(from, to, batch, SECOND * batch / perSecond, System.nanoTime());
        List<Future<?>> parts = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            parts.add(threads.submit(() -> write(phase)));
        }
        for (Future<?> part : parts) {
            await(part);
        }
        return (to - from) * SECOND / (System.nanoTime() - phase.begin());
    }

    private static void await(Future<?> part) throws InterruptedException {
        try {
            part.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The writer failed.", e);
        }
    }

    private void write(Phase phase) {
        for (int insert = phase.next().getAndIncrement();
                phase.has(insert);
                insert = phase.next().getAndIncrement()) {
            phase.awaitDue(insert);
            MongoCollection<Order> orders = collections.get(insert % collections.size());
            long sent = EpochClock.nanos();
            orders.insertMany(IntStream.range(phase.first(insert), phase.first(insert + 1))
                    .mapToObj(id -> Order.of(id, sent, ""))
                    .toList());
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private record Phase(int from, int to, int batch, double nanosBetween, long begin, AtomicInteger next) {
        Phase(int from, int to, int batch, double nanosBetween, long begin) {
            this(from, to, batch, nanosBetween, begin, new AtomicInteger());
        }

        boolean has(int insert) {
            return first(insert) < to;
        }

        int first(int insert) {
            return (int) Math.min(to, from + (long) insert * batch);
        }

        void awaitDue(int insert) {
            long due = begin + (long) (insert * nanosBetween);
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
    }
}
