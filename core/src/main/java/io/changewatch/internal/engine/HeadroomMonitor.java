package io.changewatch.internal.engine;

import static java.util.Objects.requireNonNull;

import com.mongodb.MongoCommandException;
import io.changewatch.WatcherState;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.source.OplogHiddenException;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.internal.source.OplogWindow.Reading;
import io.changewatch.observe.Headroom;
import io.changewatch.observe.WatcherListener;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures now and then how long it is until the held position falls off the oplog, and tells when that becomes short.
 *
 * <p>On a thread of its own: a handler that does not return, and a server that is not reached, are what makes headroom short. The
 * thread begins when the stream is open for the first time, and only where there is an oplog to look at.
 *
 * <p>Thread-safe.
 */
final class HeadroomMonitor implements WatcherListener {
    private static final Logger LOG = LoggerFactory.getLogger(HeadroomMonitor.class);
    private static final Duration USUALLY = Duration.ofSeconds(30);
    private static final Duration AT_LEAST = Duration.ofSeconds(1);
    /** A tenth of what is left is early enough to see it become less. */
    private static final int PART = 10;
    /** Privileges are seldom granted, and each refusal is an entry in the server's log. */
    private static final Duration WHEN_REFUSED = Duration.ofMinutes(10);

    private static final Set<FailureKind> LASTING = Set.of(FailureKind.MISCONFIGURED, FailureKind.UNKNOWN);
    private static final Duration PATIENCE_WHEN_CLOSING = Duration.ofSeconds(1);

    private final String watcher;
    private final Supplier<Optional<OplogWindow>> windows;
    private final Supplier<Optional<Position>> held;
    private final HeadroomThresholds thresholds;
    private final boolean wanted;
    private final SafeListener listener;
    private final Surroundings surroundings;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CompletableFuture<Reading> stopped = new CompletableFuture<>();
    private volatile @Nullable Thread thread;
    private volatile @Nullable Headroom latest;
    private volatile @Nullable String unknown;

    /**
     * A monitor that does nothing until the watcher is {@code RUNNING}.
     *
     * @param windows the oplog to look at; asked once, on the watcher's thread
     * @param held the position that a restart would need
     */
    HeadroomMonitor(
            WatcherSettings<?> settings,
            Supplier<Optional<OplogWindow>> windows,
            Supplier<Optional<Position>> held,
            Surroundings surroundings) {
        this.watcher = settings.name();
        this.windows = windows;
        this.held = held;
        this.thresholds = new HeadroomThresholds(settings.headroomThresholds());
        this.wanted = !settings.headroomThresholds().isEmpty();
        this.listener = new SafeListener(watcher, settings.listeners());
        this.surroundings = surroundings;
    }

    Optional<Headroom> latest() {
        return Optional.ofNullable(latest);
    }

    /** Why there is nothing to tell. */
    Optional<String> unknownBecause() {
        return Optional.ofNullable(unknown);
    }

    /** Called on the watcher's thread. */
    @Override
    public void stateChanged(StateChanged notice) {
        if (wanted && notice.to() == WatcherState.RUNNING && thread == null) {
            windows.get().ifPresent(this::begin);
        }
    }

    private void begin(OplogWindow window) {
        Thread made =
                surroundings.thread("changewatch-" + watcher + "-headroom", true, () -> measureUntilClosed(window));
        thread = made;
        made.start();
    }

    /** Whether the caller is on the thread that measures: code of a listener. */
    boolean isMeasuringThread() {
        return Thread.currentThread() == thread;
    }

    /** Ends the thread. Idempotent. */
    void close() {
        stop.countDown();
        stopped.cancel(false);
        Thread measuring = thread;
        if (measuring != null) {
            join(measuring);
        }
    }

    private static void join(Thread measuring) {
        boolean interrupted = Thread.interrupted();
        try {
            measuring.join(TimeUnit.MILLISECONDS.convert(PATIENCE_WHEN_CLOSING)); // a listener may hang
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // The measuring thread.

    private void measureUntilClosed(OplogWindow window) {
        try {
            do {
                measure(window);
            } while (!surroundings.await(stop, untilNext()));
        } catch (InterruptedException e) {
            LOG.debug("[{}] The thread that measures headroom was interrupted.", watcher, e);
        }
    }

    private Duration untilNext() {
        Headroom measured = latest;
        if (measured == null) {
            return unknown == null ? AT_LEAST : WHEN_REFUSED;
        }
        if (measured.growing()) {
            return USUALLY;
        }
        Duration part = measured.remaining().dividedBy(PART);
        return part.compareTo(AT_LEAST) < 0 ? AT_LEAST : part.compareTo(USUALLY) > 0 ? USUALLY : part;
    }

    /** Looks once and waits for the answer. */
    void measure(OplogWindow window) throws InterruptedException {
        CompletableFuture<Reading> reading = window.read();
        try {
            CompletableFuture.anyOf(reading, stopped).get();
            measured(reading.join());
        } catch (ExecutionException e) {
            failed(requireNonNull(e.getCause()));
        }
    }

    private void measured(Reading reading) {
        if (unknown != null) {
            LOG.info("[{}] Headroom can be measured now.", watcher);
        }
        unknown = null;
        held.get().ifPresent(position -> note(headroom(reading, position.clusterTime())));
    }

    private Headroom headroom(Reading reading, BsonTimestamp position) {
        return new Headroom(
                between(reading.oldest(), position),
                between(reading.oldest(), reading.newest()),
                position,
                reading.growing(),
                surroundings.instant());
    }

    private static Duration between(BsonTimestamp early, BsonTimestamp late) {
        long seconds = Integer.toUnsignedLong(late.getTime()) - Integer.toUnsignedLong(early.getTime());
        return Duration.ofSeconds(Math.max(0, seconds));
    }

    private void note(Headroom headroom) {
        latest = headroom;
        if (!headroom.growing()) {
            thresholds.newlyCrossed(headroom.remaining()).ifPresent(threshold -> tell(threshold, headroom));
        }
    }

    private void tell(Duration threshold, Headroom headroom) {
        LOG.warn(
                "[{}] Its position falls off the oplog in about {}, which is below {}: the oplog holds {} and its oldest entry "
                        + "moves towards cluster time {}. Let the watcher catch up, or enlarge the oplog.",
                watcher,
                headroom.remaining(),
                threshold,
                headroom.oplogWindow(),
                headroom.position().getTime());
        listener.headroomLow(new HeadroomLow(watcher, threshold, headroom));
    }

    /** What the server refuses it will refuse again; a server that is not reached leaves the last figure standing. */
    private void failed(Throwable error) {
        if (!isRefusal(error)) {
            LOG.debug("[{}] Could not look at the oplog; trying again.", watcher, error);
            return;
        }
        if (unknown == null) {
            String reason = reason(error);
            LOG.info("[{}] How long until its position falls off the oplog is not known: {}", watcher, reason);
            unknown = reason;
        }
        latest = null;
    }

    private static boolean isRefusal(Throwable error) {
        return error instanceof OplogHiddenException
                || (error instanceof MongoCommandException refused
                        && LASTING.contains(FailureClassifier.classify(refused, false, false)));
    }

    private static String reason(Throwable error) {
        return error instanceof MongoCommandException refusal
                ? "the server does not let this user read local.oplog.rs (" + FailureMessages.describe(refusal)
                        + "). Grant find on it, for example with the role clusterMonitor, or switch this off with "
                        + "headroomThresholds()."
                : error.getMessage() + ". Watch the oplog's window on the server.";
    }
}
