package io.changewatch.internal.engine;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.OperationType;
import io.changewatch.observe.WatcherListener;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What {@code WatcherStats} counts. Written by the watcher's threads, read by anyone.
 *
 * <p>Thread-safe; a snapshot may mix values of two adjacent moments.
 */
final class Counters implements WatcherListener {
    private static final long UNKNOWN = Long.MIN_VALUE;

    private final Pulse pulse = new Pulse();
    private final Map<OperationType, AtomicLong> events = new EnumMap<>(OperationType.class);
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong reconnects = new AtomicLong();
    private final AtomicLong skipped = new AtomicLong();
    private final AtomicLong parked = new AtomicLong();
    private final AtomicLong checkpointsSaved = new AtomicLong();
    private final AtomicLong checkpointFailures = new AtomicLong();
    private volatile long lastBatchNanos;
    private final AtomicLong lagMillis = new AtomicLong(UNKNOWN);
    /** What the clock on the wall shows more than the other one, as of the last batch. */
    private volatile long wallOffsetMillis;

    Counters() {
        for (OperationType type : OperationType.values()) {
            events.put(type, new AtomicLong());
        }
    }

    /** An event is handled; the pulse was told first. */
    void handled(ChangeEvent<?> event) {
        handled(event, pulse.latestNanos());
    }

    /** An event is handled at this time by the clock that only runs forward. */
    void handled(ChangeEvent<?> event, long nanos) {
        AtomicLong count = Objects.requireNonNull(events.get(event.operationType()));
        count.lazySet(count.get() + 1); // one writer: the thread that handles
        lags(event, nanos);
    }

    /** {@link #handled(ChangeEvent, long)} where several threads handle. */
    void handledAside(ChangeEvent<?> event, long nanos) {
        Objects.requireNonNull(events.get(event.operationType())).incrementAndGet();
        lags(event, nanos);
    }

    private void lags(ChangeEvent<?> event, long nanos) {
        long now = wallOffsetMillis + TimeUnit.NANOSECONDS.toMillis(nanos);
        lagMillis.lazySet(now - event.wallTime().toEpochMilli());
    }

    void batch(int size, long nanos) {
        bytes.addAndGet(size);
        batches.incrementAndGet();
        lastBatchNanos = nanos;
    }

    @Override
    public void eventSkipped(EventSkipped notice) {
        skipped.incrementAndGet();
    }

    @Override
    public void eventUndeliverable(EventUndeliverable notice) {
        skipped.incrementAndGet();
    }

    @Override
    public void eventParked(EventParked notice) {
        if (notice.isNew()) {
            parked.incrementAndGet();
        }
    }

    @Override
    public void checkpointSaved(CheckpointSaved notice) {
        checkpointsSaved.incrementAndGet();
    }

    @Override
    public void checkpointFailed(CheckpointFailed notice) {
        checkpointFailures.incrementAndGet();
    }

    @Override
    public void reconnected(Reconnected notice) {
        reconnects.incrementAndGet();
    }

    /** What the watcher is doing now. */
    Pulse pulse() {
        return pulse;
    }

    Map<OperationType, Long> events() {
        Map<OperationType, Long> counts = new EnumMap<>(OperationType.class);
        events.forEach((type, count) -> {
            if (count.get() > 0) {
                counts.put(type, count.get());
            }
        });
        return counts;
    }

    long bytes() {
        return bytes.get();
    }

    long batches() {
        return batches.get();
    }

    long reconnects() {
        return reconnects.get();
    }

    long skipped() {
        return skipped.get();
    }

    long parked() {
        return parked.get();
    }

    long checkpointsSaved() {
        return checkpointsSaved.get();
    }

    long checkpointFailures() {
        return checkpointFailures.get();
    }

    /** Both clocks at one moment. */
    void clocks(long nanos, long wallMillis) {
        wallOffsetMillis = wallMillis - TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    Optional<Duration> lag() {
        long millis = lagMillis.get();
        return millis == UNKNOWN ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
    }

    Optional<Duration> sinceLastBatch(long nowNanos) {
        return batches() == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(nowNanos - lastBatchNanos));
    }
}
