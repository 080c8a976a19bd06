package io.changewatch.resume.mongo;

import io.changewatch.ChangeWatcher;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherStats;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Has states, and does nothing. */
final class PretendedWatcher implements ChangeWatcher {
    private final String name;
    private WatcherState state = WatcherState.NEW;
    private @Nullable Throwable failure;

    PretendedWatcher(String name) {
        this.name = name;
    }

    void fails(Throwable reason) {
        state = WatcherState.FAILED;
        failure = reason;
    }

    boolean isRunning() {
        return state == WatcherState.RUNNING;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public WatcherState state() {
        return state;
    }

    @Override
    public WatcherStats stats() {
        throw new UnsupportedOperationException("Nobody asks for it.");
    }

    @Override
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public ChangeWatcher start() {
        state = WatcherState.RUNNING;
        return this;
    }

    @Override
    public void awaitRunning(Duration timeout) {
        // It runs as soon as it is started.
    }

    @Override
    public void pause() {
        throw new UnsupportedOperationException("Nobody asks for it.");
    }

    @Override
    public void resume() {
        throw new UnsupportedOperationException("Nobody asks for it.");
    }

    @Override
    public boolean awaitPaused(Duration timeout) {
        throw new UnsupportedOperationException("Nobody asks for it.");
    }

    @Override
    public void seek(StartPosition position, Duration timeout) {
        throw new UnsupportedOperationException("Nobody asks for it.");
    }

    @Override
    public void seek(Checkpoint checkpoint, Duration timeout) {
        throw new UnsupportedOperationException("Nobody asks for it.");
    }

    @Override
    public List<Checkpoint> history() {
        throw new UnsupportedOperationException("Nobody asks for it.");
    }

    @Override
    public boolean awaitTermination(Duration timeout) {
        return state.isTerminal();
    }

    @Override
    public void close() {
        state = WatcherState.STOPPED;
    }

    @Override
    public boolean close(Duration deadline) {
        close();
        return true;
    }
}
