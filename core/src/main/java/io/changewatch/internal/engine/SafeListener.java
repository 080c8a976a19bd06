package io.changewatch.internal.engine;

import io.changewatch.observe.WatcherListener;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All listeners as one. What one of them throws is logged, once for each listener, and stops neither the others nor the
 * watcher.
 *
 * <p>Thread-safe.
 */
final class SafeListener implements WatcherListener {
    private static final Logger LOG = LoggerFactory.getLogger(SafeListener.class);

    private final String watcher;
    private final List<WatcherListener> listeners;
    private final Set<WatcherListener> complained = ConcurrentHashMap.newKeySet();

    SafeListener(String watcher, List<WatcherListener> listeners) {
        this.watcher = watcher;
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public void stateChanged(StateChanged notice) {
        tell(listener -> listener.stateChanged(notice));
    }

    @Override
    public void streamOpened(StreamOpened notice) {
        tell(listener -> listener.streamOpened(notice));
    }

    @Override
    public void batchRead(BatchRead notice) {
        tell(listener -> listener.batchRead(notice));
    }

    @Override
    public void positionMoved(PositionMoved notice) {
        tell(listener -> listener.positionMoved(notice));
    }

    @Override
    public void eventHandled(EventHandled notice) {
        tell(listener -> listener.eventHandled(notice));
    }

    @Override
    public void batchHandled(BatchHandled notice) {
        tell(listener -> listener.batchHandled(notice));
    }

    @Override
    public void handlerRetried(HandlerRetried notice) {
        tell(listener -> listener.handlerRetried(notice));
    }

    @Override
    public void handlerSlow(HandlerSlow notice) {
        tell(listener -> listener.handlerSlow(notice));
    }

    @Override
    public void eventSkipped(EventSkipped notice) {
        tell(listener -> listener.eventSkipped(notice));
    }

    @Override
    public void eventParked(EventParked notice) {
        tell(listener -> listener.eventParked(notice));
    }

    @Override
    public void eventUndeliverable(EventUndeliverable notice) {
        tell(listener -> listener.eventUndeliverable(notice));
    }

    @Override
    public void checkpointSaved(CheckpointSaved notice) {
        tell(listener -> listener.checkpointSaved(notice));
    }

    @Override
    public void checkpointFailed(CheckpointFailed notice) {
        tell(listener -> listener.checkpointFailed(notice));
    }

    @Override
    public void deliveryPaused(DeliveryPaused notice) {
        tell(listener -> listener.deliveryPaused(notice));
    }

    @Override
    public void reconnecting(Reconnecting notice) {
        tell(listener -> listener.reconnecting(notice));
    }

    @Override
    public void reconnected(Reconnected notice) {
        tell(listener -> listener.reconnected(notice));
    }

    @Override
    public void gapAccepted(GapAccepted notice) {
        tell(listener -> listener.gapAccepted(notice));
    }

    @Override
    public void sought(Sought notice) {
        tell(listener -> listener.sought(notice));
    }

    @Override
    public void headroomLow(HeadroomLow notice) {
        tell(listener -> listener.headroomLow(notice));
    }

    @Override
    public void leaseAcquired(LeaseAcquired notice) {
        tell(listener -> listener.leaseAcquired(notice));
    }

    @Override
    public void leaseLost(LeaseLost notice) {
        tell(listener -> listener.leaseLost(notice));
    }

    @Override
    public void standingBy(StandingBy notice) {
        tell(listener -> listener.standingBy(notice));
    }

    private void tell(Consumer<WatcherListener> notice) {
        for (WatcherListener listener : listeners) {
            try {
                notice.accept(listener);
            } catch (Throwable e) { // a listener observes; whatever it throws must not touch the watcher
                complain(listener, e);
            }
        }
    }

    private void complain(WatcherListener listener, Throwable thrown) {
        if (complained.add(listener)) {
            LOG.warn(
                    "[{}] A listener ({}) threw; this and what it throws later is ignored.",
                    watcher,
                    listener.getClass().getName(),
                    thrown);
        }
    }
}
