package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Reads for one client what lies before the ring, as fast as the client takes it, until the ring has what comes next.
 *
 * <p>The stream may say that it has passed the ring's floor by an event, or without one: both come on the thread of its
 * watcher, in their order. {@link #more} and {@link #cancel} may be called from any thread.
 */
final class CatchUp<T> implements Subscriber<ChangeEvent<T>> {
    private final Connection<T> client;
    private final AtomicReference<@Nullable Subscription> subscription = new AtomicReference<>();
    private final AtomicBoolean paused = new AtomicBoolean();
    private @Nullable ResumeToken restingAt; // the watcher's thread only
    private volatile boolean done;

    CatchUp(Connection<T> client) {
        this.client = client;
    }

    @Override
    public void onSubscribe(Subscription given) {
        subscription.set(given);
        if (done) {
            given.cancel();
        } else {
            given.request(1);
        }
    }

    @Override
    public void onNext(ChangeEvent<T> event) {
        if (done) {
            return;
        }
        restingAt = null;
        Floor floor = client.floor();
        if (floor.position().isBefore(event.resumeToken())) {
            handOver(floor);
            return;
        }
        boolean mayGoOn = client.fetched(event);
        if (floor.isReachedBy(event.resumeToken())) {
            handOver(floor);
        } else if (mayGoOn) {
            request();
        } else {
            paused.set(true);
            if (client.hasRoomForFetched()) { // it was sent in the meantime
                more();
            }
        }
    }

    /** The stream is at a position without an event. Told the same one twice, it has nothing to tell right behind it. */
    void moved(ResumeToken position, BsonTimestamp clusterTime) {
        if (done) {
            return;
        }
        Floor floor = client.floor();
        boolean rests = position.equals(restingAt);
        restingAt = position.copy();
        if (floor.isReachedBy(position) || (rests && floor.isNextAfter(clusterTime))) {
            handOver(floor);
        }
    }

    private void handOver(Floor floor) {
        cancel();
        client.continueFromRing(floor.position());
    }

    /** The client has room again. */
    void more() {
        if (paused.compareAndSet(true, false)) {
            request();
        }
    }

    private void request() {
        Subscription given = subscription.get();
        if (given != null && !done) {
            given.request(1);
        }
    }

    /** Ends the stream. */
    void cancel() {
        done = true;
        Subscription given = subscription.get();
        if (given != null) {
            given.cancel();
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (!done) {
            done = true;
            client.fetchFailed(failure);
        }
    }

    @Override
    public void onComplete() {
        if (!done) {
            done = true;
            client.fetchFailed(new IllegalStateException("the stream has ended"));
        }
    }
}
