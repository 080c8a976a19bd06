package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * The catch-up cursors: so many at a time, for clients whose position lies before the ring, first come, first served.
 *
 * <p>Thread-safe.
 */
final class CatchUps<T> {
    private final Opener<T> opener;
    private final int most;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition allEnded = lock.newCondition();
    private final Deque<Waiting<T>> waiting = new ArrayDeque<>(); // guarded by lock
    private final Set<CatchUp<T>> running = ConcurrentHashMap.newKeySet();
    private int open; // guarded by lock: cursors whose watchers have not ended yet
    private boolean closed; // guarded by lock

    CatchUps(Opener<T> opener, int most) {
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
         * @param ended is told when nothing of the stream is left
         */
        Publisher<ChangeEvent<T>> open(ResumeToken after, BiConsumer<ResumeToken, BsonTimestamp> moved, Runnable ended);
    }

    private record Waiting<T>(Connection<T> client, ResumeToken after) {}

    /** Gives the client a cursor as soon as one is free. */
    void await(Connection<T> client, ResumeToken after) {
        lock.lock();
        try {
            waiting.add(new Waiting<>(client, after));
        } finally {
            lock.unlock();
        }
        next();
    }

    /** The client waits no longer. */
    void forget(Connection<T> client) {
        lock.lock();
        try {
            waiting.removeIf(one -> one.client() == client);
        } finally {
            lock.unlock();
        }
    }

    private void next() {
        Waiting<T> chosen = choose();
        if (chosen == null) {
            return;
        }
        CatchUp<T> cursor = new CatchUp<>(chosen.client());
        if (!chosen.client().fetchWith(cursor)) {
            ended(cursor);
            return;
        }
        running.add(cursor);
        try {
            opener.open(chosen.after(), cursor::moved, () -> ended(cursor)).subscribe(cursor);
        } catch (RuntimeException | Error e) {
            ended(cursor);
            chosen.client().fetchFailed(e);
        }
    }

    private @Nullable Waiting<T> choose() {
        lock.lock();
        try {
            if (closed || open >= most || waiting.isEmpty()) {
                return null;
            }
            open++;
            return waiting.poll();
        } finally {
            lock.unlock();
        }
    }

    private void ended(CatchUp<T> cursor) {
        running.remove(cursor);
        lock.lock();
        try {
            open--;
            allEnded.signalAll();
        } finally {
            lock.unlock();
        }
        next();
    }

    /** Ends all of them; returns whether nothing is left of them within the time. */
    boolean close(long nanos) throws InterruptedException {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
        } finally {
            lock.unlock();
        }
        List<CatchUp<T>> last = new ArrayList<>(running);
        last.forEach(CatchUp::cancel);
        return awaitEnd(nanos);
    }

    private boolean awaitEnd(long nanos) throws InterruptedException {
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
