package io.changewatch.internal.engine;

import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HistoryLostDecision;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.internal.checkpoint.CheckpointSettings;
import io.changewatch.internal.decode.EventDecoder;
import io.changewatch.internal.deliver.Handlers;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * All a watcher works by, checked and fixed by the builder.
 *
 * <p>Immutable and thread-safe.
 *
 * @param closeWithin how long {@code close()} waits
 * @param logPositionEvery how often the position is logged; zero for never
 * @param headroomThresholds what headroom is low; empty if it is not to be measured
 */
public record WatcherSettings<T>(
        String name,
        SourceSettings source,
        CheckpointSettings checkpoints,
        EventDecoder<T> decoder,
        Handlers<T> handlers,
        Recovery recovery,
        List<WatcherListener> listeners,
        Duration closeWithin,
        Duration logPositionEvery,
        List<Duration> headroomThresholds) {

    /** Copies the lists. */
    public WatcherSettings {
        listeners = List.copyOf(listeners);
        headroomThresholds = List.copyOf(headroomThresholds);
    }

    /** Without a measure of headroom. */
    public WatcherSettings(
            String name,
            SourceSettings source,
            CheckpointSettings checkpoints,
            EventDecoder<T> decoder,
            Handlers<T> handlers,
            Recovery recovery,
            List<WatcherListener> listeners,
            Duration closeWithin,
            Duration logPositionEvery) {
        this(
                name,
                source,
                checkpoints,
                decoder,
                handlers,
                recovery,
                listeners,
                closeWithin,
                logPositionEvery,
                List.of());
    }

    /** The same with another store. */
    WatcherSettings<T> storedIn(ResumeTokenStore store) {
        return new WatcherSettings<>(
                name,
                source,
                checkpoints.storedIn(store),
                decoder,
                handlers,
                recovery,
                listeners,
                closeWithin,
                logPositionEvery,
                headroomThresholds);
    }

    /**
     * What is done about failures, and where to begin.
     *
     * @param startFrom where to begin without a checkpoint
     * @param retry when a broken stream is opened again
     * @param maxEventBytes how large an event may be that is put together from fragments
     * @param parking where events are kept that are given up; empty if they are not
     */
    public record Recovery(
            StartPosition startFrom,
            RetryPolicy retry,
            HistoryLostDecision whenHistoryLost,
            InvalidatedPolicy whenInvalidated,
            HandlerFailurePolicy whenHandlerFails,
            UndeliverablePolicy whenUndeliverable,
            int maxEventBytes,
            Optional<ParkingSettings> parking) {

        /** Without a place for events that are given up. */
        public Recovery(
                StartPosition startFrom,
                RetryPolicy retry,
                HistoryLostDecision whenHistoryLost,
                InvalidatedPolicy whenInvalidated,
                HandlerFailurePolicy whenHandlerFails,
                UndeliverablePolicy whenUndeliverable,
                int maxEventBytes) {
            this(
                    startFrom,
                    retry,
                    whenHistoryLost,
                    whenInvalidated,
                    whenHandlerFails,
                    whenUndeliverable,
                    maxEventBytes,
                    Optional.empty());
        }
    }
}
