package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;

import io.changewatch.WatcherState;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Remembers every notice in order, but those of single batches.
 *
 * <p>Thread-safe.
 */
class RecordingListener implements WatcherListener {
    private final List<Object> notices = new CopyOnWriteArrayList<>();

    /** The notices of one kind. */
    <N> List<N> all(Class<N> kind) {
        return notices.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The states the watcher went to. */
    List<WatcherState> states() {
        return all(StateChanged.class).stream().map(StateChanged::to).toList();
    }

    /** Why the watcher went to the states it went to, where there was a reason. */
    List<Throwable> causes() {
        return all(StateChanged.class).stream()
                .flatMap(change -> change.cause().stream())
                .toList();
    }

    /** Waits until the watcher has taken note that {@code token} is saved; only then does a clock that a test moves count from there. */
    void awaitSaved(ResumeToken token) {
        eventually(() -> all(CheckpointSaved.class).stream()
                .anyMatch(saved -> saved.checkpoint().token().equals(token)));
    }

    @Override
    public void stateChanged(StateChanged notice) {
        notices.add(notice);
    }

    @Override
    public void streamOpened(StreamOpened notice) {
        notices.add(notice);
    }

    @Override
    public void positionMoved(PositionMoved notice) {
        notices.add(notice);
    }

    @Override
    public void eventHandled(EventHandled notice) {
        notices.add(notice);
    }

    @Override
    public void batchHandled(BatchHandled notice) {
        notices.add(notice);
    }

    @Override
    public void handlerRetried(HandlerRetried notice) {
        notices.add(notice);
    }

    @Override
    public void eventSkipped(EventSkipped notice) {
        notices.add(notice);
    }

    @Override
    public void eventParked(EventParked notice) {
        notices.add(notice);
    }

    @Override
    public void eventUndeliverable(EventUndeliverable notice) {
        notices.add(notice);
    }

    @Override
    public void checkpointSaved(CheckpointSaved notice) {
        notices.add(notice);
    }

    @Override
    public void checkpointFailed(CheckpointFailed notice) {
        notices.add(notice);
    }

    @Override
    public void deliveryPaused(DeliveryPaused notice) {
        notices.add(notice);
    }

    @Override
    public void reconnecting(Reconnecting notice) {
        notices.add(notice);
    }

    @Override
    public void reconnected(Reconnected notice) {
        notices.add(notice);
    }

    @Override
    public void gapAccepted(GapAccepted notice) {
        notices.add(notice);
    }

    @Override
    public void sought(Sought notice) {
        notices.add(notice);
    }

    @Override
    public void headroomLow(HeadroomLow notice) {
        notices.add(notice);
    }

    @Override
    public void leaseAcquired(LeaseAcquired notice) {
        notices.add(notice);
    }

    @Override
    public void leaseLost(LeaseLost notice) {
        notices.add(notice);
    }

    @Override
    public void standingBy(StandingBy notice) {
        notices.add(notice);
    }
}
