package io.changewatch.internal.deliver;

import io.changewatch.Batching;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer.Progress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.LongSupplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Two batches at most: one that is being handled, and one that is being collected and waits when it is full.
 *
 * <pre>
 * watcher's thread   put, put, put … waits while the batch has no room
 * batch thread       take: the batch when it is full or due → handled → take …
 * </pre>
 *
 * <p>Thread-safe. Progress is reported while the lock is held, so that it is told in order.
 */
final class BatchQueue<T> {
    private final Batching limits;
    private final Progress progress;
    private final LongSupplier nanoTime;
    private final Lock lock;
    private final Condition changed;

    // Guarded by lock.
    private EventBatch<T> collected;
    private @Nullable EventBatch<T> taken;
    private @Nullable Throwable failure;
    private boolean stopped;
    private boolean closing;
    private boolean ended;

    BatchQueue(Batching limits, Progress progress, LongSupplier nanoTime, Lock lock) {
        this.limits = limits;
        this.progress = progress;
        this.nanoTime = nanoTime;
        this.lock = lock;
        this.changed = lock.newCondition();
        this.collected = new EventBatch<>(limits);
    }

    // The watcher's thread.

    /** Adds an event, after waiting for room. */
    void put(ChangeEvent<T> event) throws InterruptedException {
        lock.lock();
        try {
            while (!collected.takes(event)) {
                collected.close(); // in vain for it to wait for a smaller one
                changed.signalAll();
                throwIfEnded();
                changed.await();
            }
            throwIfEnded();
            add(event);
        } finally {
            lock.unlock();
        }
    }

    /** Hands out at once what is collected, and waits until all of it is handled. */
    void flush() throws InterruptedException {
        lock.lock();
        try {
            while (!isIdle()) {
                collected.close();
                changed.signalAll();
                throwIfEnded();
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Wakes the batch thread where it has to look: not for each event. */
    private void add(ChangeEvent<T> event) {
        boolean begins = collected.isEmpty();
        collected.add(event, nanoTime.getAsLong());
        if (begins || collected.isFull()) {
            changed.signalAll();
        }
    }

    private void throwIfEnded() {
        Thrown.rethrow(failure);
        if (stopped) {
            throw new DeliveryStoppedException();
        }
    }

    /** A position behind all that was put. */
    void passed(ResumeToken token, BsonTimestamp clusterTime) {
        lock.lock();
        try {
            if (!collected.isEmpty()) {
                collected.passed(token, clusterTime);
            } else if (taken != null) {
                taken.passed(token, clusterTime);
            } else {
                progress.handled(token, clusterTime, 0);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isIdle() {
        return collected.isEmpty() && taken == null;
    }

    /** From any thread: nothing more is put. */
    void stop() {
        locked(() -> stopped = true);
    }

    /** What is collected is not handed out; what is handed out is not called back. */
    void discard() {
        locked(() -> collected = new EventBatch<>(limits));
    }

    /** Nothing more comes: what is collected is handed out, and then nothing. */
    void close() {
        locked(() -> closing = true);
    }

    /** Waits until the batch thread has {@link #end ended}; returns whether it has. */
    boolean awaitEnd(Duration deadline) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(deadline);
        lock.lock();
        try {
            while (!ended && left > 0) {
                left = changed.awaitNanos(left);
            }
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** The same without a deadline, whatever happens to the calling thread. */
    void awaitEnd() {
        lock.lock();
        try {
            while (!ended) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    void throwIfFailed() {
        lock.lock();
        try {
            Thrown.rethrow(failure);
        } finally {
            lock.unlock();
        }
    }

    // The batch thread.

    /** Waits for a batch that is full or due; empty when nothing more comes. */
    Optional<EventBatch<T>> take() throws InterruptedException {
        lock.lock();
        try {
            while (!closing && !isDue()) {
                if (collected.isEmpty()) {
                    changed.await();
                } else {
                    long unused = changed.awaitNanos(nanosLeft());
                }
            }
            if (collected.isEmpty()) {
                return Optional.empty();
            }
            EventBatch<T> batch = collected;
            taken = batch;
            collected = new EventBatch<>(limits);
            changed.signalAll();
            return Optional.of(batch);
        } finally {
            lock.unlock();
        }
    }

    private boolean isDue() {
        return !collected.isEmpty() && nanosLeft() <= 0;
    }

    private long nanosLeft() {
        return collected.nanosLeft(nanoTime.getAsLong());
    }

    /** The batch that was taken is handled. */
    void handled(EventBatch<T> batch) {
        locked(() -> {
            taken = null;
            batch.report(progress);
        });
    }

    boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /** The batch that was taken is not handled, and nothing after it may be. */
    void fail(Throwable cause) {
        locked(() -> failure = cause);
    }

    /** The last call of the batch thread. */
    void end() {
        locked(() -> ended = true);
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
