package io.changewatch.observe;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A watcher as an administrator sees and steers it through JMX, where
 * {@link io.changewatch.ChangeWatcherBuilder#exposeThroughJmx()} has put it. Values are those of {@link WatcherStats}: times are
 * ISO 8601, durations whole milliseconds, and null is what is empty there.
 *
 * <p>Each call looks anew and costs the watcher nothing until then. Operations throw {@link IllegalStateException} with the text of
 * what was thrown, and no class that an administrator's tool lacks. Thread-safe.
 */
public interface WatcherMXBean {

    /** The watcher's name. */
    String getName();

    /** See {@link io.changewatch.WatcherState}. */
    String getState();

    /** See {@link WatcherActivity}. */
    String getActivity();

    /** Why it has failed; null in every other state. */
    @Nullable
    String getFailure();

    /** Handled events. */
    long getEvents();

    /** The same by operation, such as {@code insert}. */
    Map<String, Long> getEventsByOperation();

    /** See {@link WatcherStats#bytes()}. */
    long getBytes();

    /** See {@link WatcherStats#batches()}. */
    long getBatches();

    /** See {@link WatcherStats#reconnects()}. */
    long getReconnects();

    /** See {@link WatcherStats#handlerFailures()}. */
    long getHandlerFailures();

    /** See {@link WatcherStats#skipped()}. */
    long getSkipped();

    /** See {@link WatcherStats#checkpointsSaved()}. */
    long getCheckpointsSaved();

    /** See {@link WatcherStats#checkpointFailures()}. */
    long getCheckpointFailures();

    /** See {@link WatcherStats#unsavedEvents()}. */
    long getUnsavedEvents();

    /** See {@link WatcherStats#lastSavedAt()}. */
    @Nullable
    String getLastSavedAt();

    /** The wall time of {@link WatcherStats#lastClusterTime()}, in whole seconds. */
    @Nullable
    String getLastPosition();

    /** See {@link WatcherStats#lag()}. */
    @Nullable
    Long getLagMillis();

    /** See {@link WatcherStats.Progress#behind()}. */
    @Nullable
    Long getBehindMillis();

    /** See {@link WatcherStats.Progress#sinceProgress()}. */
    @Nullable
    Long getSinceProgressMillis();

    /** See {@link Headroom#remaining()}. */
    @Nullable
    Long getHeadroomMillis();

    /** See {@link WatcherStats#headroomUnknown()}. */
    @Nullable
    String getHeadroomUnknown();

    /** See {@link io.changewatch.ChangeWatcher#pause()}. */
    void pause();

    /** See {@link io.changewatch.ChangeWatcher#resume()}. */
    void resume();

    /** Seeks to a time such as {@code 2026-05-01T10:00:00Z} of the server's clock; waits for 30 s. See {@link io.changewatch.ChangeWatcher#seek}. */
    void seekToTime(String time);

    /** Seeks to behind a resume token, as JSON such as {@code {"_data": "82…"}}; waits for 30 s. */
    void seekToToken(String token);

    /** Earlier checkpoints, the newest first. See {@link io.changewatch.ChangeWatcher#history()}. */
    List<HistoryEntry> history();

    /** See {@link io.changewatch.ChangeWatcher#close()}. */
    void close();
}
