package io.changewatch.internal.source;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Between the driver's threads, which only put events in, and the watcher's, which takes them out.
 *
 * <p>As many are asked for at first as a batch has, and then as many as were taken: the driver reads ahead no further. A failure
 * comes out behind the events that came before it.
 *
 * <p>Thread-safe.
 */
final class EventQueue implements Subscriber<RawBsonDocument> {
    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private List<RawBsonDocument> events = new ArrayList<>();
    private CompletableFuture<Boolean> arrival = new CompletableFuture<>();
    private @Nullable Throwable failure;
    private @Nullable Subscription subscription;

    EventQueue(int capacity) {
        this.capacity = capacity;
    }

    /** Completed when there is something to take: an event, the end, or the failure. */
    CompletableFuture<Boolean> arrival() {
        lock.lock();
        try {
            return arrival;
        } finally {
            lock.unlock();
        }
    }

    boolean hasArrived() {
        return arrival().isDone();
    }

    /**
     * All that has arrived; empty when the stream has ended. To be called when something has.
     *
     * @throws RuntimeException what the stream failed with, when nothing is left before it
     */
    List<RawBsonDocument> take() {
        lock.lock();
        try {
            if (events.isEmpty() && failure != null) {
                throw ReplyWaiter.unchecked(FirstElement.named(failure));
            }
            List<RawBsonDocument> taken = events;
            events = new ArrayList<>();
            if (subscription != null) {
                arrival = new CompletableFuture<>();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Asks for as many more. */
    void request(int count) {
        Subscription present = subscription();
        if (present != null) {
            present.request(count);
        }
    }

    /** Wants nothing more. Idempotent. */
    void cancel() {
        Subscription present = subscription();
        if (present != null) {
            present.cancel();
        }
    }

    private @Nullable Subscription subscription() {
        lock.lock();
        try {
            return subscription;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onSubscribe(Subscription given) {
        lock.lock();
        try {
            subscription = given;
        } finally {
            lock.unlock();
        }
        given.request(capacity);
    }

    @Override
    public void onNext(RawBsonDocument event) {
        CompletableFuture<Boolean> present;
        lock.lock();
        try {
            events.add(event);
            present = arrival; // not the next one, which begins when this event has been taken
        } finally {
            lock.unlock();
        }
        present.complete(true);
    }

    @Override
    public void onError(Throwable error) {
        end(error);
    }

    @Override
    public void onComplete() {
        end(null);
    }

    private void end(@Nullable Throwable error) {
        CompletableFuture<Boolean> present;
        lock.lock();
        try {
            failure = error;
            subscription = null;
            present = arrival;
        } finally {
            lock.unlock();
        }
        present.complete(true);
    }
}
