package io.changewatch.internal.engine;

import io.changewatch.StartPosition;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.observe.WatcherListener.BatchRead;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the stream and reads its batches. What the server or the driver throws becomes a {@link SourceFailure}, unless the
 * watcher is to stop.
 *
 * <p>Called on the watcher's thread only, except {@link #wake()}, which ends its waits from any.
 */
final class StreamReader {
    private static final Logger LOG = LoggerFactory.getLogger(StreamReader.class);

    private final WatcherSettings<?> settings;
    private final SourceProvider provider;
    private final Lifecycle lifecycle;
    private final SafeListener listener;
    private final boolean isListenedTo;
    private final Counters counters;
    private final Surroundings surroundings;

    // Read by wake() from another thread.
    private volatile @Nullable ChangeSource source;
    private volatile @Nullable ChangeCursor cursor;

    private @Nullable SourceSettings asked;

    StreamReader(Shared<?> shared, SourceProvider provider) {
        this.settings = shared.settings();
        this.provider = provider;
        this.lifecycle = shared.lifecycle();
        this.listener = shared.listener();
        this.isListenedTo = shared.isListenedTo();
        this.counters = shared.counters();
        this.surroundings = shared.surroundings();
    }

    /** Opens a stream, which {@link #close} ends, as {@code wanted} asks for it. */
    ChangeCursor open(StartPosition start, SourceSettings wanted) throws SourceFailure, InterruptedException {
        counters.pulse().asks(surroundings.getAsLong());
        try {
            ChangeCursor open = currentSource(wanted).open(start);
            cursor = open;
            closeIfCalled(open);
            return open;
        } catch (RuntimeException e) {
            lifecycle.throwIfCalled();
            throw new SourceFailure(e);
        }
    }

    /** A wake() before the cursor was known here did not end its waits. */
    private void closeIfCalled(ChangeCursor open) {
        try {
            lifecycle.throwIfCalled();
        } catch (StoppedException | SteeredException e) {
            close(open);
            throw e;
        }
    }

    /** Asks which cluster this is. */
    ClusterFacts facts() throws SourceFailure, InterruptedException {
        return ask(ChangeSource::facts);
    }

    /** Asks for the cluster time of the oplog's oldest entry. */
    BsonTimestamp oldestEntry() throws SourceFailure, InterruptedException {
        return ask(ChangeSource::oldestEntry);
    }

    private <A> A ask(Question<A> question) throws SourceFailure, InterruptedException {
        try {
            return question.ask(currentSource(asked == null ? settings.source() : asked));
        } catch (RuntimeException e) {
            lifecycle.throwIfStopRequested();
            throw new SourceFailure(e);
        }
    }

    @FunctionalInterface
    private interface Question<A> {
        A ask(ChangeSource source) throws InterruptedException;
    }

    private ChangeSource currentSource(SourceSettings wanted) {
        ChangeSource current = source;
        if (current != null && wanted.equals(asked)) {
            return current;
        }
        closeQuietly(current);
        asked = wanted;
        ChangeSource made = provider.source(wanted);
        source = made;
        lifecycle.throwIfStopRequested(); // a wake() before the line above did not see it
        return made;
    }

    /** The next batch. Each wait for one is another that the watcher may be stuck in. */
    RawBatch next(ChangeCursor open) throws SourceFailure, InterruptedException {
        RawBatch batch;
        do {
            counters.pulse().asks(surroundings.getAsLong());
            batch = read(open);
        } while (batch.isNothingYet());
        long now = surroundings.getAsLong();
        counters.clocks(now, surroundings.millis());
        counters.batch(batch.bytes().length, now);
        counters.pulse().answered(batch, now);
        if (isListenedTo) {
            listener.batchRead(new BatchRead(settings.name(), batch.size(), batch.bytes().length));
        }
        return batch;
    }

    /** The next batch of a stream that is not the watcher's own: neither counted nor told. */
    RawBatch peek(ChangeCursor open) throws SourceFailure, InterruptedException {
        RawBatch batch = read(open);
        while (batch.isNothingYet()) {
            batch = read(open);
        }
        return batch;
    }

    private RawBatch read(ChangeCursor open) throws SourceFailure, InterruptedException {
        try {
            return open.next();
        } catch (RuntimeException e) {
            lifecycle.throwIfCalled();
            throw new SourceFailure(e);
        }
    }

    /** Ends a stream. */
    void close(ChangeCursor open) {
        cursor = null;
        closeQuietly(open);
    }

    /** Ends every wait on the server; returns at once. */
    void wake() {
        ChangeCursor open = cursor;
        closeQuietly(open == null ? null : open::wake);
        closeQuietly(source);
    }

    /** Ends a wait for a batch of the stream that is open when this is called, not of a later one. */
    Runnable nudge() {
        ChangeCursor open = cursor;
        return () -> closeQuietly(open == null ? null : open::wake);
    }

    /** What cannot be closed is left to the server, which ends cursors with their session. */
    private void closeQuietly(@Nullable AutoCloseable open) {
        try {
            if (open != null) {
                open.close();
            }
        } catch (Exception e) {
            LOG.warn("[{}] Could not close the stream; the server ends it with its session.", settings.name(), e);
        }
    }
}
