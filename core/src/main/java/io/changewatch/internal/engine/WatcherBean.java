package io.changewatch.internal.engine;

import io.changewatch.ChangeWatchException;
import io.changewatch.ChangeWatcher;
import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.Headroom;
import io.changewatch.observe.HistoryEntry;
import io.changewatch.observe.WatcherMXBean;
import io.changewatch.observe.WatcherStats;
import io.changewatch.observe.WatcherStats.Progress;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * A watcher in the words of JMX.
 *
 * <p>Thread-safe.
 */
final class WatcherBean implements WatcherMXBean {
    private static final Duration SEEK_WITHIN = Duration.ofSeconds(30);

    private final ChangeWatcher watcher;

    WatcherBean(ChangeWatcher watcher) {
        this.watcher = watcher;
    }

    private WatcherStats stats() {
        return watcher.stats();
    }

    private Progress progress() {
        return stats().progress();
    }

    @Override
    public String getName() {
        return watcher.name();
    }

    @Override
    public String getState() {
        return watcher.state().name();
    }

    @Override
    public String getActivity() {
        return stats().activity().name();
    }

    @Override
    public @Nullable String getFailure() {
        return watcher.failure().map(Throwable::toString).orElse(null);
    }

    @Override
    public long getEvents() {
        return stats().totalEvents();
    }

    @Override
    public Map<String, Long> getEventsByOperation() {
        Map<String, Long> events = new TreeMap<>();
        stats().events().forEach((type, count) -> events.put(type.value(), count));
        return events;
    }

    @Override
    public long getBytes() {
        return stats().bytes();
    }

    @Override
    public long getBatches() {
        return stats().batches();
    }

    @Override
    public long getReconnects() {
        return stats().reconnects();
    }

    @Override
    public long getHandlerFailures() {
        return stats().handlerFailures();
    }

    @Override
    public long getSkipped() {
        return stats().skipped();
    }

    @Override
    public long getCheckpointsSaved() {
        return stats().checkpointsSaved();
    }

    @Override
    public long getCheckpointFailures() {
        return stats().checkpointFailures();
    }

    @Override
    public long getUnsavedEvents() {
        return stats().unsavedEvents();
    }

    @Override
    public @Nullable String getLastSavedAt() {
        return stats().lastSavedAt().map(Instant::toString).orElse(null);
    }

    @Override
    public @Nullable String getLastPosition() {
        return stats().lastClusterTime().map(WatcherBean::wallTime).orElse(null);
    }

    private static String wallTime(BsonTimestamp clusterTime) {
        return Instant.ofEpochSecond(Integer.toUnsignedLong(clusterTime.getTime()))
                .toString();
    }

    @Override
    public @Nullable Long getLagMillis() {
        return millis(stats().lag());
    }

    @Override
    public @Nullable Long getBehindMillis() {
        return millis(progress().behind());
    }

    @Override
    public @Nullable Long getSinceProgressMillis() {
        return millis(progress().sinceProgress());
    }

    @Override
    public @Nullable Long getHeadroomMillis() {
        return millis(stats().headroom().map(Headroom::remaining));
    }

    private static @Nullable Long millis(Optional<Duration> duration) {
        return duration.map(Duration::toMillis).orElse(null);
    }

    @Override
    public @Nullable String getHeadroomUnknown() {
        return stats().headroomUnknown().orElse(null);
    }

    @Override
    public void pause() {
        watcher.pause();
    }

    @Override
    public void resume() {
        watcher.resume();
    }

    @Override
    public void seekToTime(String time) {
        seek(() -> StartPosition.at(instant(time)));
    }

    private static Instant instant(String time) {
        try {
            return Instant.parse(time);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "'" + time + "' is no time: expected an instant such as 2026-05-01T10:00:00Z.", e);
        }
    }

    @Override
    public void seekToToken(String token) {
        seek(() -> StartPosition.after(ResumeToken.fromJson(token)));
    }

    /** Nothing that a remote tool could not read is thrown: neither types nor causes of other libraries. */
    private void seek(Supplier<StartPosition> position) {
        try {
            watcher.seek(position.get(), SEEK_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("This thread was interrupted.");
        } catch (TimeoutException | RuntimeException e) {
            throw new IllegalStateException(e.getMessage());
        }
    }

    @Override
    public List<HistoryEntry> history() {
        try {
            return watcher.history().stream().map(WatcherBean::entry).toList();
        } catch (ChangeWatchException e) {
            throw new IllegalStateException(e.getMessage());
        }
    }

    private static HistoryEntry entry(Checkpoint checkpoint) {
        return new HistoryEntry(
                checkpoint.savedAt().toString(),
                wallTime(checkpoint.clusterTime()),
                checkpoint.token().toJson());
    }

    @Override
    public void close() {
        watcher.close();
    }
}
