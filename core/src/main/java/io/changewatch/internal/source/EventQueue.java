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
 * <p>One is asked for, and one more each time one comes, until as many wait as a batch has, or {@link #MOST_BYTES} of them: the
 * driver then asks its server no more, so that no more than one reply comes on top. A failure comes out behind the events that
 * came before it.
 *
 * <p>Thread-safe.
 */
final class EventQueue implements Subscriber<RawBsonDocument> {
    /** A reply of a server is not larger. */
    static final int MOST_BYTES = 16 << 20;

    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private List<RawBsonDocument> events = new ArrayList<>();
    private long bytes;
    private boolean isAsked;
    private boolean isCancelled;
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
            bytes = 0;
            if (subscription != null) {
                arrival = new CompletableFuture<>();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Asks for more, unless enough waits or more has been asked for. */
    void requestMore() {
        Subscription asked;
        lock.lock();
        try {
            asked = ask();
        } finally {
            lock.unlock();
        }
        request(asked);
    }

    /** Who is to be asked for one more, if anybody; guarded by the lock, for {@link #request} outside of it. */
    private @Nullable Subscription ask() {
        if (isAsked || events.size() >= capacity || bytes >= MOST_BYTES) {
            return null;
        }
        isAsked = true;
        return subscription;
    }

    private static void request(@Nullable Subscription asked) {
        if (asked != null) {
            asked.request(1);
        }
    }

    /** Wants nothing more, also where the stream is not open yet. Idempotent. */
    void cancel() {
        Subscription present;
        lock.lock();
        try {
            isCancelled = true;
            present = subscription;
        } finally {
            lock.unlock();
        }
        if (present != null) {
            present.cancel();
        }
    }

    @Override
    public void onSubscribe(Subscription given) {
        boolean isTooLate;
        lock.lock();
        try {
            subscription = given;
            isTooLate = isCancelled;
        } finally {
            lock.unlock();
        }
        if (isTooLate) {
            given.cancel();
        } else {
            requestMore();
        }
    }

    @Override
    public void onNext(RawBsonDocument event) {
        CompletableFuture<Boolean> present;
        Subscription asked;
        lock.lock();
        try {
            events.add(event);
            bytes += event.getByteLength();
            isAsked = false;
            asked = ask();
            present = arrival; // not the next one, which begins when this event has been taken
        } finally {
            lock.unlock();
        }
        present.complete(true);
        request(asked);
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
