package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * One catch-up cursor: reads what lies before the ring, for all clients that waited when it was opened, until the ring has
 * what comes next. A client whose queue is full leaves it, and waits for another one; nobody is kept waiting for it.
 *
 * <p>The stream may say that it has passed the ring's floor by an event, or without one: both come on the thread of its
 * watcher, in their order. {@link #add}, {@link #leave} and {@link #cancel} may be called from any thread.
 */
final class CatchUp<T> implements Subscriber<ChangeEvent<T>> {
    private final Hub<T> hub;
    private final Encoder<T> encoder;
    private final ResumeToken start;
    private final Audience<T> members = new Audience<>();
    private final AtomicReference<@Nullable Subscription> subscription = new AtomicReference<>();
    private @Nullable ResumeToken restingAt; // the watcher's thread only
    private volatile ResumeToken readThrough; // nobody's position behind it has been tried
    private volatile boolean done;

    /** A cursor that begins after {@code start}, which none of its members is behind. */
    CatchUp(Hub<T> hub, Encoder<T> encoder, ResumeToken start) {
        this.hub = hub;
        this.encoder = encoder;
        this.start = start;
        this.readThrough = start;
    }

    void add(Connection<T> member) {
        members.add(member);
    }

    /** The member needs it no more; with the last one it ends. */
    void leave(Connection<T> member) {
        members.remove(member);
        if (members.isEmpty()) {
            cancel();
        }
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
        Floor floor = hub.floor();
        if (floor.position().isBefore(event.resumeToken())) {
            handOver(floor);
            return;
        }
        handOut(event);
        readThrough = event.resumeToken().copy();
        if (floor.isReachedBy(event.resumeToken())) {
            handOver(floor);
        } else if (members.isEmpty()) {
            cancel();
        } else {
            request();
        }
    }

    private void handOut(ChangeEvent<T> event) {
        List<Connection<T>> failed = new ArrayList<>();
        Encoded<T> encoded = new Encoded<>(encoder, event);
        for (Connection<T> member : members.wanting(event.raw(), failed)) {
            if (!member.fetched(this, encoded)) {
                members.remove(member);
            }
        }
        failed.forEach(Connection::endUndecided);
    }

    /**
     * The stream is at a position without an event. Told the same one twice, it has nothing to tell right behind it; but not
     * where it began: there it may not have read anything yet.
     */
    void moved(ResumeToken position, BsonTimestamp clusterTime) {
        if (done) {
            return;
        }
        Floor floor = hub.floor();
        boolean rests = position.equals(restingAt) && start.isBefore(position);
        restingAt = position.copy();
        readThrough = restingAt;
        if (floor.isReachedBy(position) || (rests && floor.isNextAfter(clusterTime))) {
            handOver(floor);
        }
    }

    private void handOver(Floor floor) {
        cancel();
        forEach(member -> member.continueFromRing(this, floor.position()));
    }

    /** What fails for one member ends that one. */
    private void forEach(Consumer<Connection<T>> action) {
        for (Connection<T> member : members.clients()) {
            try {
                action.accept(member);
            } catch (RuntimeException | Error e) {
                member.broken(e);
            }
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
        ended(failure);
    }

    @Override
    public void onComplete() {
        ended(new IllegalStateException("the stream has ended"));
    }

    /** Nothing comes any more: who still relies on this cursor is not to wait for ever. */
    void ended(Throwable failure) {
        done = true;
        forEach(member -> member.fetchFailed(this, readThrough, failure));
    }
}
