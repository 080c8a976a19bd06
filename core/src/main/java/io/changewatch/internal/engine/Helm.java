package io.changewatch.internal.engine;

import io.changewatch.ConfigurationException;
import io.changewatch.SeekFailedException;
import io.changewatch.WatcherState;
import io.changewatch.internal.checkpoint.Checkpointer;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what a watcher is asked for while it runs. No stream is open meanwhile: one that nobody reads would be ended by the
 * server when it has been idle for ten minutes, and its last reply would stay in memory.
 *
 * <p>Called on the watcher's thread only.
 */
final class Helm {
    private static final Logger LOG = LoggerFactory.getLogger(Helm.class);

    private final String watcher;
    private final Lifecycle lifecycle;
    private final Steering steering;
    private final Pulse pulse;
    private final Checkpointer checkpointer;
    private final Mover mover;
    private final Runnable moved;

    /** @param moved forgets what was lost at the place that was left */
    Helm(Shared<?> shared, Checkpointer checkpointer, Mover mover, Runnable moved) {
        this.watcher = shared.watcher();
        this.lifecycle = shared.lifecycle();
        this.steering = shared.steering();
        this.pulse = shared.counters().pulse();
        this.checkpointer = checkpointer;
        this.mover = mover;
        this.moved = moved;
    }

    /** Returns when the watcher is to read on. */
    void obey() throws InterruptedException {
        pulse.handedOut(); // an event between two attempts is let go of
        while (true) {
            lifecycle.throwIfStopRequested();
            lifecycle.answer();
            Optional<Seek> seek = steering.next();
            if (seek.isPresent()) {
                seek(seek.get());
            } else if (steering.isPaused()) {
                pause();
            } else {
                return;
            }
        }
    }

    /** Called away meanwhile, it begins once more. */
    private void seek(Seek seek) throws InterruptedException {
        try {
            mover.move(seek);
            moved.run();
            steering.done(seek, null);
        } catch (SeekFailedException | ConfigurationException e) {
            LOG.warn("[{}] {}", watcher, e.getMessage());
            steering.done(seek, e);
        } catch (SteeredException e) {
            LOG.debug("[{}] Called away from a seek.", watcher);
        }
    }

    private void pause() throws InterruptedException {
        if (lifecycle.state() != WatcherState.PAUSED) {
            checkpointer.saveNow();
            lifecycle.paused();
            LOG.info("[{}] Paused.", watcher);
        }
        lifecycle.awaitCall();
    }
}
