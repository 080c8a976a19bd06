package io.changewatch.internal.engine;

import io.changewatch.WatcherState;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.observe.WatcherStats.Progress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * What the watcher is doing at this moment. The watcher's thread notes that it waits for the server or for the application;
 * who asks gets it judged by the rules of {@link WatcherActivity}.
 *
 * <p>Written by the watcher's thread, {@link #handled} by the one that ends an event, read by anyone. Thread-safe; a snapshot may
 * mix values of two adjacent moments.
 */
final class Pulse {
    /** How long a wait may last before it is more than one. */
    static final Duration GRACE = Duration.ofSeconds(2);
    /** A server without writes moves its clock every 10 s. */
    static final Duration FAR_BEHIND = Duration.ofSeconds(15);
    /** The server ends a batch before 16 MB; an answer this large is one that it had to end. */
    private static final int FULL_BYTES = 8 << 20;

    private static final long NEVER = Long.MIN_VALUE;

    private volatile boolean begun;
    private volatile boolean asking;
    private volatile long askingNanos;
    private volatile @Nullable Answer answer;

    // Set for each event, and read now and then: who reads may see the value before for a moment.
    private final AtomicLong movedNanos = new AtomicLong();
    private final AtomicLong handingOutNanos = new AtomicLong(NEVER);
    private final AtomicLong batchNanos = new AtomicLong(NEVER);
    private final AtomicReference<@Nullable ResumeToken> newest = new AtomicReference<>();
    /** The last reading of the clock by the watcher's thread. */
    private final AtomicLong latestNanos = new AtomicLong();

    /**
     * What the server said last.
     *
     * @param serverTime what it told last of its clock, then or before
     */
    private record Answer(
            int events,
            int bytes,
            @Nullable BsonTimestamp serverTime,
            long serverTimeNanos,
            @Nullable ResumeToken end,
            long nanos) {

        /** The server's clock at the answer, in seconds: it has gone on since it was told. */
        long serverSeconds(BsonTimestamp told) {
            return seconds(told) + Duration.ofNanos(nanos - serverTimeNanos).toSeconds();
        }

        boolean isFull(SourceSettings settings) {
            return events >= settings.batchSize() || bytes >= FULL_BYTES;
        }
    }

    /** The watcher was started. */
    void begins(long nanos) {
        movedNanos.set(nanos);
        latestNanos.set(nanos);
        handingOutNanos.set(NEVER); // the activity before may have ended in the middle of an event
        batchNanos.set(NEVER);
        begun = true;
    }

    /** The watcher begins to wait for the server. */
    void asks(long nanos) {
        askingNanos = nanos;
        asking = true;
    }

    /** The server has answered. */
    void answered(RawBatch batch, long nanos) {
        Answer before = answer;
        BsonTimestamp told = batch.operationTime();
        answer = told == null && before != null
                ? answer(batch, before.serverTime(), before.serverTimeNanos(), nanos)
                : answer(batch, told, nanos, nanos);
        latestNanos.set(nanos);
        asking = false;
    }

    private static Answer answer(RawBatch batch, @Nullable BsonTimestamp serverTime, long serverTimeNanos, long nanos) {
        return new Answer(
                batch.size(), batch.bytes().length, serverTime, serverTimeNanos, batch.positionAfter(), nanos);
    }

    /** The watcher begins to wait for the application, right after what it told last. */
    void handsOut() {
        handingOutNanos.lazySet(latestNanos());
    }

    /** The application has let go of the watcher. */
    void handedOut() {
        handingOutNanos.lazySet(NEVER);
    }

    /** A batch is handed to the application on another thread. */
    void batchBegins(long nanos) {
        batchNanos.set(nanos);
    }

    /** The application has let go of the batch. */
    void batchEnds() {
        batchNanos.set(NEVER);
    }

    /** The last reading of the clock that the watcher's thread told. */
    long latestNanos() {
        return latestNanos.get();
    }

    /** The watcher's thread has looked at the clock. */
    void tells(long nanos) {
        latestNanos.lazySet(nanos);
    }

    /** Everything up to {@code token} is handled. Told of the same place again, without an event, nothing has moved. */
    void handled(ResumeToken token, int events, long nanos) {
        if (events > 0 || !token.equals(newest.get())) { // in this order: it is costly to compare tokens
            movedNanos.lazySet(nanos);
        }
        newest.lazySet(token);
    }

    /**
     * What is judged now.
     *
     * @param aside since when another thread than the watcher's has been handling an event
     */
    Progress progress(
            WatcherState state, SourceSettings settings, Optional<Position> position, OptionalLong aside, long nanos) {
        Optional<Duration> behind = position.flatMap(at -> behind(at, nanos));
        Optional<Duration> since = begun ? Optional.of(Duration.ofNanos(nanos - movedNanos.get())) : Optional.empty();
        return new Progress(activity(state, settings, behind, aside.orElse(NEVER), nanos), since, behind);
    }

    private Optional<Duration> behind(Position position, long nanos) {
        Answer last = answer;
        if (last == null || last.serverTime() == null) {
            return Optional.empty();
        }
        long seconds = last.serverSeconds(last.serverTime()) - seconds(position.clusterTime());
        boolean finished = last.end() == null || !position.token().isBefore(last.end());
        Duration since = finished ? Duration.ZERO : Duration.ofNanos(nanos - last.nanos());
        return Optional.of(Duration.ofSeconds(Math.max(0, seconds)).plus(since));
    }

    private static long seconds(BsonTimestamp time) {
        return Integer.toUnsignedLong(time.getTime());
    }

    private WatcherActivity activity(
            WatcherState state, SourceSettings settings, Optional<Duration> behind, long aside, long nanos) {
        if (state != WatcherState.RUNNING) {
            return inactive(state);
        }
        if (asking && isLonger(askingNanos, nanos, settings.maxAwait().plus(GRACE))) {
            return WatcherActivity.STALLED;
        }
        if (isBusySince(handingOutNanos.get(), nanos)
                || isBusySince(batchNanos.get(), nanos)
                || isBusySince(aside, nanos)) {
            return WatcherActivity.HANDLER_BUSY;
        }
        return flow(settings, behind);
    }

    private static boolean isBusySince(long since, long now) {
        return since != NEVER && isLonger(since, now, GRACE);
    }

    private static WatcherActivity inactive(WatcherState state) {
        return switch (state) {
            case RECOVERING -> WatcherActivity.STALLED;
            case PAUSED -> WatcherActivity.PAUSED;
            default -> WatcherActivity.NOT_RUNNING;
        };
    }

    private static boolean isLonger(long since, long now, Duration limit) {
        return Duration.ofNanos(now - since).compareTo(limit) > 0;
    }

    private WatcherActivity flow(SourceSettings settings, Optional<Duration> behind) {
        Answer last = answer;
        boolean far = behind.filter(time -> time.compareTo(FAR_BEHIND) > 0).isPresent();
        if (far || (last != null && last.isFull(settings))) {
            return WatcherActivity.CATCHING_UP;
        }
        return last != null && last.events() > 0 ? WatcherActivity.LIVE : WatcherActivity.IDLE;
    }
}
