package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bson.BsonTimestamp;
import org.reactivestreams.Publisher;

/**
 * The catch-up cursors: so many at a time, for clients whose position lies before the ring. When one is free, it serves
 * everybody who waits.
 *
 * <p>Thread-safe.
 */
final class CatchUps<T> {
    private final Hub<T> hub;
    private final Encoder<T> encoder;
    private final Opener<T> opener;
    private final int most;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition allEnded = lock.newCondition();
    private final Map<Connection<T>, ResumeToken> waiting = new LinkedHashMap<>(); // guarded by lock
    private final Set<CatchUp<T>> running = ConcurrentHashMap.newKeySet();
    private int open; // guarded by lock: cursors whose watchers have not ended yet
    private boolean closed; // guarded by lock

    CatchUps(Hub<T> hub, Encoder<T> encoder, Opener<T> opener, int most) {
        this.hub = hub;
        this.encoder = encoder;
        this.opener = opener;
        this.most = most;
    }

    /** Opens a second stream of the same events. */
    @FunctionalInterface
    interface Opener<T> {
        /**
         * The events after a position.
         *
         * @param moved is told where the stream is, in its order among the events
         * @param ended is told when nothing of the stream is left, before or after the subscriber, and of what ended it
         */
        Publisher<ChangeEvent<T>> open(
                ResumeToken after, BiConsumer<ResumeToken, BsonTimestamp> moved, Consumer<Optional<Throwable>> ended);
    }

    /** Gives the client a cursor as soon as one is free. */
    void await(Connection<T> client, ResumeToken after) {
        lock.lock();
        try {
            waiting.put(client, after);
        } finally {
            lock.unlock();
        }
        next();
    }

    /** The client waits no longer, unless it has begun to wait again. */
    void forget(Connection<T> client) {
        lock.lock();
        try {
            if (client.stage() != Connection.Stage.WAITING) {
                waiting.remove(client);
            }
        } finally {
            lock.unlock();
        }
    }

    private void next() {
        Map<Connection<T>, ResumeToken> chosen = choose();
        if (chosen.isEmpty()) {
            return;
        }
        ResumeToken start = earliest(chosen.values());
        CatchUp<T> cursor = new CatchUp<>(hub, encoder, start);
        running.add(cursor);
        try {
            chosen.keySet().forEach(cursor::add); // all, before one of them can leave: the last to leave ends it
            chosen.keySet().forEach(client -> join(cursor, client));
            opener.open(start, cursor::moved, cause -> ended(cursor, cause)).subscribe(cursor);
        } catch (RuntimeException | Error e) {
            ended(cursor, Optional.of(e));
        }
    }

    private void join(CatchUp<T> cursor, Connection<T> client) {
        if (!client.fetchWith(cursor)) {
            cursor.leave(client);
        }
    }

    private ResumeToken earliest(Collection<ResumeToken> positions) {
        return positions.stream()
                .reduce((one, other) -> other.isBefore(one) ? other : one)
                .orElseThrow();
    }

    /** Everybody who waits, if a cursor is free. */
    private Map<Connection<T>, ResumeToken> choose() {
        lock.lock();
        try {
            if (closed || open >= most || waiting.isEmpty()) {
                return Map.of();
            }
            open++;
            Map<Connection<T>, ResumeToken> chosen = new LinkedHashMap<>(waiting);
            waiting.clear();
            return chosen;
        } finally {
            lock.unlock();
        }
    }

    private void ended(CatchUp<T> cursor, Optional<Throwable> cause) {
        if (!running.remove(cursor)) {
            return;
        }
        cursor.ended(cause.orElseGet(() -> new IllegalStateException("the stream has ended")));
        lock.lock();
        try {
            open--;
            allEnded.signalAll();
        } finally {
            lock.unlock();
        }
        next();
    }

    /** Ends all of them, and opens no more. */
    void cancel() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
        } finally {
            lock.unlock();
        }
        List.copyOf(running).forEach(CatchUp::cancel);
    }

    /** Waits until nothing is left of them; returns whether that was so within the time. */
    boolean awaitEnd(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (open > 0 && left > 0) {
                left = allEnded.awaitNanos(left);
            }
            return open == 0;
        } finally {
            lock.unlock();
        }
    }

    /** How many cursors are open, and how many clients wait. */
    int[] counts() {
        lock.lock();
        try {
            return new int[] {open, waiting.size()};
        } finally {
            lock.unlock();
        }
    }
}
