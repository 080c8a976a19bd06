package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.ResumeToken;
import io.changewatch.push.FeedOptions.Buffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Where the one stream becomes many: keeps the newest events, and offers each to the clients that want it.
 *
 * <p><b>The barrier.</b> An event is added to the ring and its receivers are found under one lock; a client that has read the
 * ring to its end joins the live flow under the same lock. So an event is either still in the ring when the client reads it,
 * or offered to the client, and never both. The offering itself happens outside the lock, by the watcher's thread alone, so
 * it stays in order.
 *
 * <p>Locks are taken in the order hub, connection. Thread-safe; {@link #accept} and {@link #moved} are called on the
 * watcher's thread only.
 */
final class Hub<T> {
    private static final int CHUNK = 64;
    private static final long CHUNK_BYTES = 1 << 20;

    private final Encoder<T> encoder;
    private final Figures figures;
    private final LongSupplier ticker;
    private final Set<Connection<T>> clients = ConcurrentHashMap.newKeySet();

    private final ReentrantLock lock = new ReentrantLock();
    private final Ring<T> ring; // guarded by lock
    private final Audience<T> live = new Audience<>(); // changed under lock
    private volatile @Nullable Progress progress;

    Hub(Encoder<T> encoder, Figures figures, LongSupplier ticker, Buffer buffer) {
        this.encoder = encoder;
        this.figures = figures;
        this.ticker = ticker;
        this.ring = new Ring<>(buffer.maxBytes(), buffer.maxAge());
    }

    /** The next event of the stream. */
    void accept(ChangeEvent<T> event) {
        figures.events.increment();
        if (event instanceof Gap<T>) {
            lost(event.resumeToken(), event.clusterTime());
            return;
        }
        List<Connection<T>> failed = new ArrayList<>();
        List<Connection<T>> receivers;
        FeedEvent<T> added;
        lock.lock();
        try {
            added = ring.append(event, ticker.getAsLong());
            receivers = live.wanting(event.raw(), failed);
        } finally {
            lock.unlock();
        }
        failed.forEach(Connection::endUndecided);
        Encoded<T> encoded = new Encoded<>(encoder, event);
        for (Connection<T> receiver : receivers) {
            receiver.offer(added.sequence(), encoded);
        }
        progress = new Progress(added.sequence(), event.resumeToken());
    }

    /** The stream is open, or went on without an event. */
    void moved(ResumeToken position, BsonTimestamp clusterTime) {
        lock.lock();
        try {
            ring.startsAfter(position, clusterTime);
            progress = new Progress(ring.last(), position.copy());
        } finally {
            lock.unlock();
        }
    }

    /** Events are missing before this position: nobody can be continued across it, and all are told before anything else. */
    private void lost(ResumeToken position, BsonTimestamp clusterTime) {
        Progress behind;
        lock.lock();
        try {
            ring.restartAfter(position, clusterTime);
            behind = new Progress(ring.last(), position.copy());
        } finally {
            lock.unlock();
        }
        clients.forEach(client -> client.gap(behind));
        progress = behind;
    }

    /** Whether the stream was ever open: before that nobody can be told where it is. */
    boolean isReady() {
        return progress != null;
    }

    /** How far everything was offered; keeps no batch in memory. */
    Progress progress() {
        Progress now = progress;
        if (now == null) {
            throw new IllegalStateException("the stream is not open yet");
        }
        return new Progress(now.sequence(), now.position().copy());
    }

    /** Where the ring begins; the stream must be open. */
    Floor floor() {
        lock.lock();
        try {
            ResumeToken floor = ring.floor();
            return floor == null ? new Floor(progress().position(), null) : new Floor(floor, ring.openedAt());
        } finally {
            lock.unlock();
        }
    }

    /** The last event at or before a position; -1 if the ring does not reach back to it. */
    long sequenceAt(ResumeToken position) {
        lock.lock();
        try {
            ring.evict(ticker.getAsLong());
            ResumeToken floor = ring.floor();
            return floor == null || position.isBefore(floor) ? -1 : ring.sequenceAt(position);
        } finally {
            lock.unlock();
        }
    }

    /** What {@link #pull} found. */
    sealed interface Pulled<T> {
        /** Events to be replayed. */
        record Events<T>(List<FeedEvent<T>> events) implements Pulled<T> {}

        /** There is nothing more: from now on the client is offered every event. */
        record Joined<T>() implements Pulled<T> {}

        /** The ring does not reach back so far any more. */
        record Evicted<T>() implements Pulled<T> {}
    }

    /** The events behind {@code sequence}; if there are none, the client joins the live flow. */
    Pulled<T> pull(Connection<T> client, long sequence) {
        lock.lock();
        try {
            if (!ring.continues(sequence)) {
                return new Pulled.Evicted<>();
            }
            List<FeedEvent<T>> next = ring.after(sequence, CHUNK, CHUNK_BYTES);
            if (!next.isEmpty()) {
                return new Pulled.Events<>(next);
            }
            if (client.join()) {
                live.add(client);
            }
            return new Pulled.Joined<>();
        } finally {
            lock.unlock();
        }
    }

    /** The client is attached. */
    void arrived(Connection<T> client) {
        clients.add(client);
    }

    /** The client is offered nothing any more. */
    void leave(Connection<T> client) {
        lock.lock();
        try {
            live.remove(client);
        } finally {
            lock.unlock();
        }
    }

    /** The client is gone; returns whether it was there. */
    boolean gone(Connection<T> client) {
        leave(client);
        return clients.remove(client);
    }

    Collection<Connection<T>> clients() {
        return clients;
    }

    /** Lets go what is too old. */
    void evict() {
        lock.lock();
        try {
            ring.evict(ticker.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /** How many events are held, and their bytes. */
    long[] held() {
        lock.lock();
        try {
            return new long[] {ring.size(), ring.bytes()};
        } finally {
            lock.unlock();
        }
    }
}
