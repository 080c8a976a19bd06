package io.changewatch.it;

import io.changewatch.observe.WatcherListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What a watcher told about its state and its checkpoints, in order.
 *
 * <p>Thread-safe.
 */
final class Notices implements WatcherListener {
    private final List<Object> told = new CopyOnWriteArrayList<>();

    /** The notices of one kind. */
    <N> List<N> all(Class<N> kind) {
        return told.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Override
    public void stateChanged(StateChanged notice) {
        told.add(notice);
    }

    @Override
    public void checkpointSaved(CheckpointSaved notice) {
        told.add(notice);
    }

    @Override
    public void checkpointFailed(CheckpointFailed notice) {
        told.add(notice);
    }

    @Override
    public void deliveryPaused(DeliveryPaused notice) {
        told.add(notice);
    }
}
