package io.changewatch.internal.deliver;

import io.changewatch.Delivery;
import io.changewatch.HandlerFailedException;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.LowWatermark.Entry;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Hands events to a Reactive Streams subscriber as it asks for them.
 *
 * <p>Without explicit acknowledgement, a request for n more says that the n oldest events handed out are finished. With
 * unbounded demand an event is finished when {@code onNext} returns. With explicit acknowledgement it is finished when {@link Delivery#acknowledge()} is called.
 *
 * <p>The subscriber is called on the watcher's thread only and never while the lock is held; the subscription may be used
 * from any thread.
 */
public final class SubscriberDeliverer<T> implements Deliverer<T>, Subscription {
    private final boolean acknowledged;
    private final int maxOpen;
    private final Handlers<T> validations;
    private final FailureHandling failures;
    private final Progress progress;
    private final Runnable cancelled;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by lock.
    private @Nullable Subscriber<? super Delivery<T>> subscriber;
    private final LowWatermark watermark;
    private long demand;
    private boolean stopped;
    private @Nullable Throwable illegalRequest;
    private @Nullable Throwable failure;

    /**
     * A deliverer for one subscriber.
     *
     * @param acknowledged whether events are finished by {@link Delivery#acknowledge()} only
     * @param maxOpen how many events may be handed out and not acknowledged before the next waits
     * @param cancelled called when the subscriber cancels or asks for something illegal; must return at once
     */
    public SubscriberDeliverer(
            Subscriber<? super Delivery<T>> subscriber,
            boolean acknowledged,
            int maxOpen,
            Handlers<T> validations,
            FailureHandling failures,
            Progress progress,
            Runnable cancelled) {
        this.subscriber = subscriber;
        this.acknowledged = acknowledged;
        this.maxOpen = maxOpen;
        this.validations = validations;
        this.failures = failures;
        this.progress = progress;
        this.watermark = new LowWatermark(progress);
        this.cancelled = cancelled;
    }

    @Override
    public boolean deliver(ChangeEvent<T> event) throws InterruptedException {
        boolean valid = failures.run(event, validations::validate);
        if (valid) {
            handOut(event);
        } else {
            passed(event.resumeToken(), event.clusterTime());
        }
        return valid;
    }

    private void handOut(ChangeEvent<T> event) throws InterruptedException {
        Subscriber<? super Delivery<T>> target = awaitDemand();
        Open delivery = new Open(event, add(event));
        try {
            target.onNext(delivery);
        } catch (RuntimeException e) {
            throw broken(e);
        } catch (Error e) {
            detach();
            throw e;
        }
        if (!acknowledged && isUnbounded()) {
            delivery.acknowledge();
        }
    }

    private HandlerFailedException broken(RuntimeException cause) {
        detach();
        return new HandlerFailedException(
                "The subscriber's onNext threw " + cause
                        + ", which Reactive Streams rule 2.13 forbids. The event is not "
                        + "checkpointed and comes again at the next subscription. Handle errors inside the subscriber.",
                cause);
    }

    private Subscriber<? super Delivery<T>> awaitDemand() throws InterruptedException {
        lock.lock();
        try {
            while ((demand == 0 || isFull()) && !stopped) {
                changed.await();
            }
            if (stopped || subscriber == null) {
                throw new DeliveryStoppedException();
            }
            demand -= demand == Long.MAX_VALUE ? 0 : 1;
            return subscriber;
        } finally {
            lock.unlock();
        }
    }

    /** Without acknowledgement demand is the only bound: who asks for many at once asks again only when all have come. */
    private boolean isFull() {
        return acknowledged && watermark.openEvents() >= maxOpen;
    }

    private Entry add(ChangeEvent<T> event) {
        lock.lock();
        try {
            return watermark.add(event.resumeToken(), event.clusterTime());
        } finally {
            lock.unlock();
        }
    }

    private boolean isUnbounded() {
        lock.lock();
        try {
            return demand == Long.MAX_VALUE;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void passed(ResumeToken token, BsonTimestamp clusterTime) {
        lock.lock();
        try {
            watermark.passed(token, clusterTime);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void stop() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** {@inheritDoc} Nothing is waited for: what is not acknowledged comes again. */
    @Override
    public void drain(Duration deadline) {
        lock.lock();
        try {
            Thrown.rethrow(failure);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void ended(Optional<Throwable> reasonToEnd) {
        Optional<Throwable> reason = illegalRequest().or(() -> reasonToEnd);
        Subscriber<? super Delivery<T>> target = detach();
        if (target == null) {
            return;
        }
        if (reason.isPresent()) {
            target.onError(reason.get());
        } else {
            target.onComplete();
        }
    }

    private Optional<Throwable> illegalRequest() {
        lock.lock();
        try {
            return Optional.ofNullable(illegalRequest);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Subscriber<? super Delivery<T>> detach() {
        lock.lock();
        try {
            Subscriber<? super Delivery<T>> target = subscriber;
            subscriber = null;
            stopped = true;
            changed.signalAll();
            return target;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            refuse(n);
            return;
        }
        lock.lock();
        try {
            if (subscriber == null) {
                return; // rule 3.6: after a cancel a request does nothing
            }
            demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
            if (!acknowledged) {
                finishOldest(n);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void finishOldest(long n) {
        for (long left = Math.min(n, watermark.openEvents()); left > 0; left--) {
            watermark.finishOldest();
        }
    }

    private void refuse(long n) {
        lock.lock();
        try {
            if (subscriber == null) {
                return;
            }
            if (illegalRequest == null) {
                illegalRequest = new IllegalArgumentException("request(" + n
                        + "): a subscriber must ask for at least one event (Reactive Streams rule 3.9).");
            }
        } finally {
            lock.unlock();
        }
        stop();
        cancelled.run();
    }

    @Override
    public void cancel() {
        detach();
        cancelled.run();
    }

    /** A delivery was said to have failed, and not to be skipped. */
    private void end(Throwable cause) {
        lock.lock();
        try {
            failure = failure == null ? cause : failure;
        } finally {
            lock.unlock();
        }
        stop();
        progress.failed(cause);
    }

    /** An event handed out and not finished yet. */
    private final class Open implements Delivery<T> {
        private final ChangeEvent<T> event;
        private final Entry entry;
        private final AtomicBoolean decided = new AtomicBoolean();

        private Open(ChangeEvent<T> event, Entry entry) {
            this.event = event;
            this.entry = entry;
        }

        @Override
        public ChangeEvent<T> event() {
            return event;
        }

        @Override
        public void acknowledge() {
            if (decided.compareAndSet(false, true)) {
                finish();
            }
        }

        @Override
        public void fail(Throwable cause) {
            Objects.requireNonNull(cause, "cause");
            if (decided.compareAndSet(false, true)) {
                skipOrEnd(cause);
            }
        }

        private void skipOrEnd(Throwable cause) {
            try {
                if (!(cause instanceof Exception exception)) {
                    end(cause);
                    return;
                }
                failures.givenUp(event, exception);
                finish();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // not parked, so it is not handled
                end(cause);
            } catch (RuntimeException e) {
                if (!isStopped()) { // what waits for a store of letters ends so
                    end(e);
                }
            }
        }

        private boolean isStopped() {
            lock.lock();
            try {
                return stopped;
            } finally {
                lock.unlock();
            }
        }

        private void finish() {
            lock.lock();
            try {
                watermark.finish(entry);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
