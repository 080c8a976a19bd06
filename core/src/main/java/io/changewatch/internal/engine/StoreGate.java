package io.changewatch.internal.engine;

import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.observe.WatcherListener.DeliveryPaused;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the watcher back where it must not go on without its store, and says so while the store fails.
 *
 * <p>Called on the watcher's thread only.
 */
final class StoreGate {
    private static final Logger LOG = LoggerFactory.getLogger(StoreGate.class);

    private final String watcher;
    private final Checkpointer checkpointer;
    private final Lifecycle lifecycle;
    private final SafeListener listener;

    StoreGate(Shared<?> shared, Checkpointer checkpointer) {
        this.watcher = shared.watcher();
        this.checkpointer = checkpointer;
        this.lifecycle = shared.lifecycle();
        this.listener = shared.listener();
    }

    /** Waits until {@code position} is saved. */
    void pin(Position position) throws InterruptedException {
        if (!checkpointer.pin(position)) {
            awaitPinned();
        }
    }

    /** {@link #pin} over whatever the store holds; returns why the store refuses. */
    Optional<RuntimeException> overwrite(Position position) throws InterruptedException {
        if (!checkpointer.overwrite(position)) {
            awaitPinned();
        }
        lifecycle.throwIfStopRequested();
        return checkpointer.refusal();
    }

    private void awaitPinned() throws InterruptedException {
        lifecycle.throwIfStopRequested();
        lifecycle.recovering(checkpointer.lastError().orElseThrow());
        checkpointer.awaitPinned();
        lifecycle.throwIfStopRequested();
    }

    /** Waits until one more event may be handled and not saved. */
    void awaitRoom() throws InterruptedException {
        if (checkpointer.hasRoom() || checkpointer.awaitRoomUnlessFailing()) {
            return;
        }
        lifecycle.throwIfStopRequested();
        long unsaved = checkpointer.unsavedEvents();
        LOG.warn(
                "[{}] Pausing: the store fails and {} events are handled since the last checkpoint.", watcher, unsaved);
        listener.deliveryPaused(new DeliveryPaused(watcher, unsaved));
        lifecycle.recovering(checkpointer.lastError().orElseThrow());
        checkpointer.awaitRoom();
        lifecycle.running();
        LOG.info("[{}] Going on: the store works again.", watcher);
    }
}
