package io.changewatch.internal.engine;

import io.changewatch.WatcherState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of a running watcher, until its thread has done it.
 *
 * <p>Whoever asks calls the watcher's thread away from its stream ({@link Lifecycle#call}); the thread looks here and does it
 * between two events. What is asked before the stream has been open for the first time waits until it is.
 *
 * <p>Thread-safe.
 */
final class Steering {
    private final String watcher;
    private final Lifecycle lifecycle;
    private final Lock lock;
    private final Condition changed;

    // Guarded by lock.
    private final Deque<Seek> seeks = new ArrayDeque<>();
    private boolean begun;
    private boolean over;
    private boolean paused;

    Steering(String watcher, Lifecycle lifecycle, Lock lock) {
        this.watcher = watcher;
        this.lifecycle = lifecycle;
        this.lock = lock;
        this.changed = lock.newCondition();
    }

    /** Returns whether the watcher's thread is called away: not before its stream has been open for the first time. */
    boolean pause() {
        return setPaused(true);
    }

    void resume() {
        setPaused(false);
    }

    private boolean setPaused(boolean wanted) {
        lock.lock();
        try {
            boolean isNew = paused != wanted;
            paused = wanted;
            return isNew && callIfBegun();
        } finally {
            lock.unlock();
        }
    }

    private boolean callIfBegun() {
        if (begun) {
            lifecycle.call();
        }
        return begun;
    }

    /**
     * Returns whether the watcher's thread is called away, as {@link #pause}.
     *
     * @throws IllegalStateException if the watcher has not been started or has ended
     */
    boolean ask(Seek seek) {
        if (lifecycle.state() == WatcherState.NEW) {
            throw new IllegalStateException("Watcher '" + watcher
                    + "' has not been started: start() it first. Where a first start begins, startFrom(...) says.");
        }
        lock.lock();
        try {
            if (over || lifecycle.state().isTerminal()) {
                throw ended(null);
            }
            seeks.add(seek);
            return callIfBegun();
        } finally {
            lock.unlock();
        }
    }

    private IllegalStateException ended(@Nullable Throwable cause) {
        return new IllegalStateException("Watcher '" + watcher + "' has ended and can no longer be moved.", cause);
    }

    /**
     * Waits until it is done. Who does not wait until it has begun takes it back.
     *
     * @throws RuntimeException what it has failed with
     */
    void await(Seek seek, Duration timeout) throws TimeoutException, InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.NANOSECONDS.convert(timeout);
            while (!seek.ended && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (!seek.ended) {
                throw new TimeoutException(tooLate(seek, timeout));
            }
            if (seek.failure != null) {
                throw seek.failure;
            }
        } finally {
            takeBackUnlessBegun(seek);
            lock.unlock();
        }
    }

    private void takeBackUnlessBegun(Seek seek) {
        if (!seek.begun) {
            seeks.remove(seek);
        }
    }

    private String tooLate(Seek seek, Duration timeout) {
        String late =
                "Watcher '" + watcher + "' is " + lifecycle.state() + " and was not moved within " + timeout + ": ";
        return seek.begun
                ? late
                        + "the server or the store has not answered yet. It goes on trying; see the log and the notice sought."
                : late + "a handler has not returned, or the stream is not open. Nothing has changed; try again.";
    }

    // The watcher's thread.

    /** The stream is open for the first time. */
    void begin() {
        lock.lock();
        try {
            begun = true;
            if (paused || !seeks.isEmpty()) {
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

    /** What to do next; stays the next until it is {@link #done}. */
    Optional<Seek> next() {
        lock.lock();
        try {
            Seek next = seeks.peek();
            if (next != null) {
                next.begun = true;
            }
            return Optional.ofNullable(next);
        } finally {
            lock.unlock();
        }
    }

    /** It is done, or has failed. */
    void done(Seek seek, @Nullable RuntimeException failure) {
        lock.lock();
        try {
            end(seek, failure);
            seeks.remove(seek);
        } finally {
            lock.unlock();
        }
    }

    private void end(Seek seek, @Nullable RuntimeException failure) {
        seek.ended = true;
        seek.failure = failure;
        changed.signalAll();
    }

    /** Nothing is done any more. */
    void close(@Nullable Throwable cause) {
        lock.lock();
        try {
            over = true;
            seeks.forEach(seek -> end(seek, ended(cause)));
            seeks.clear();
        } finally {
            lock.unlock();
        }
    }
}
