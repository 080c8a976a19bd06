package io.changewatch.internal.engine;

import java.util.concurrent.locks.Lock;

/**
 * What was asked of a running watcher, until its thread has done it.
 *
 * <p>Whoever asks calls the watcher's thread away from its stream ({@link Lifecycle#call}); the thread looks here and does it
 * between two events. What is asked before the stream has been open for the first time waits until it is.
 *
 * <p>Thread-safe.
 */
final class Steering {
    private final Lifecycle lifecycle;
    private final Lock lock;

    // Guarded by lock.
    private boolean begun;
    private boolean paused;

    Steering(Lifecycle lifecycle, Lock lock) {
        this.lifecycle = lifecycle;
        this.lock = lock;
    }

    void pause() {
        setPaused(true);
    }

    void resume() {
        setPaused(false);
    }

    private void setPaused(boolean wanted) {
        lock.lock();
        try {
            if (paused != wanted) {
                paused = wanted;
                callIfBegun();
            }
        } finally {
            lock.unlock();
        }
    }

    private void callIfBegun() {
        if (begun) {
            lifecycle.call();
        }
    }

    // The watcher's thread.

    /** The stream is open for the first time. */
    void begin() {
        lock.lock();
        try {
            begun = true;
            if (paused) {
                lifecycle.call();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean isPaused() {
        lock.lock();
        try {
            return paused;
        } finally {
            lock.unlock();
        }
    }
}
