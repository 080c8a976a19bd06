package io.changewatch.internal.engine;

import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.StateChanged;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The state of one watcher and those who wait for it. The table of allowed edges is {@link WatcherState#canBecome}.
 *
 * <p>Thread-safe. Listeners are told without the lock and in order, on the thread that caused the change or on one that is
 * telling an earlier change.
 */
final class Lifecycle {
    private final String watcher;
    private final WatcherListener listener;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Lock lock;
    private final Condition changed;

    // Written under lock, read without: the first for each event.
    private volatile boolean called;
    private volatile CountDownLatch call = new CountDownLatch(1);

    // Guarded by lock.
    private WatcherState state = WatcherState.NEW;
    private @Nullable Throwable failure;
    private @Nullable Throwable trouble;
    private final Queue<StateChanged> untold = new ArrayDeque<>();
    private boolean telling;

    Lifecycle(String watcher, WatcherListener listener, Lock lock) {
        this.watcher = watcher;
        this.listener = listener;
        this.lock = lock;
        this.changed = lock.newCondition();
    }

    WatcherState state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    Optional<Throwable> failure() {
        lock.lock();
        try {
            return Optional.ofNullable(failure);
        } finally {
            lock.unlock();
        }
    }

    boolean isStopRequested() {
        return stop.getCount() == 0;
    }

    void throwIfStopRequested() {
        if (isStopRequested()) {
            throw new StoppedException();
        }
    }

    /**
     * Called between any two events.
     *
     * @throws StoppedException if the watcher is to stop
     * @throws SteeredException if it is to be steered
     */
    void throwIfCalled() {
        if (called) {
            throwIfStopRequested();
            throw new SteeredException();
        }
    }

    /** Whether its thread has not looked yet at what was asked for: it may be on the way to open the stream. */
    boolean isCalled() {
        return called;
    }

    /** Calls the watcher's thread away from its stream, to look at what it is asked for. */
    void call() {
        lock.lock();
        try {
            callNow();
        } finally {
            lock.unlock();
        }
    }

    private void callNow() {
        called = true;
        call.countDown();
        changed.signalAll();
    }

    /** The watcher's thread is about to look at what was asked for up to now. */
    void answer() {
        lock.lock();
        try {
            if (called && !isStopRequested()) {
                called = false;
                call = new CountDownLatch(1);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next call, or a stop. */
    void awaitCall() throws InterruptedException {
        lock.lock();
        try {
            while (!called) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Why the watcher is {@code RECOVERING}; empty in every other state. */
    Optional<Throwable> trouble() {
        lock.lock();
        try {
            return Optional.ofNullable(trouble);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for {@code delay}; throws {@link StoppedException} as soon as the watcher is to stop. */
    void pause(Duration delay, Surroundings surroundings) throws InterruptedException {
        if (surroundings.await(stop, delay)) {
            throw new StoppedException();
        }
    }

    /** {@link #pause} that a {@link #call} ends, too. */
    void pauseUnlessCalled(Duration delay, Surroundings surroundings) throws InterruptedException {
        if (surroundings.await(call, delay)) {
            throwIfCalled();
        }
    }

    /** Ends every pause, present and future, without a change of state yet. */
    void endPauses() {
        lock.lock();
        try {
            stopNow();
        } finally {
            lock.unlock();
        }
    }

    private void stopNow() {
        stop.countDown();
        callNow();
    }

    /** @throws IllegalStateException if the watcher is not new */
    void starting() {
        lock.lock();
        try {
            if (state != WatcherState.NEW) {
                throw cannotBecome(WatcherState.STARTING);
            }
            apply(WatcherState.STARTING, null);
        } finally {
            lock.unlock();
        }
        tell();
    }

    /** @throws StoppedException if the watcher is to stop */
    void running() {
        moveUnlessStopping(WatcherState.RUNNING, null);
    }

    /** @throws StoppedException if the watcher is to stop */
    void paused() {
        moveUnlessStopping(WatcherState.PAUSED, null);
    }

    /** @throws StoppedException if the watcher is to stop */
    void recovering(Throwable cause) {
        moveUnlessStopping(WatcherState.RECOVERING, cause);
    }

    /**
     * {@link #recovering}, but a watcher that is paused stays so.
     *
     * @throws StoppedException if the watcher is to stop
     */
    void recoveringUnlessPaused(Throwable cause) {
        lock.lock();
        try {
            if (state != WatcherState.PAUSED) {
                move(WatcherState.RECOVERING, cause);
            }
        } finally {
            lock.unlock();
        }
        tell();
    }

    /**
     * Back to {@code RUNNING}, unless something else has broken since {@code cause} was told.
     *
     * @throws StoppedException if the watcher is to stop
     */
    void recovered(Throwable cause) {
        lock.lock();
        try {
            throwIfStopRequested();
            if (trouble != cause) {
                return;
            }
            apply(WatcherState.RUNNING, null);
        } finally {
            lock.unlock();
        }
        tell();
    }

    /** @throws StoppedException if the watcher is to stop */
    void standby() {
        moveUnlessStopping(WatcherState.STANDBY, null);
    }

    /** The watcher has the lease. @throws StoppedException if the watcher is to stop */
    void startingFromStandby() {
        if (state() == WatcherState.STANDBY) {
            moveUnlessStopping(WatcherState.STARTING, null);
        }
    }

    /** Asks the watcher to stop; returns whether there is one to stop. */
    boolean requestStop() {
        lock.lock();
        try {
            if (state.isTerminal()) {
                return false;
            }
            if (state != WatcherState.STOPPING) {
                apply(state == WatcherState.NEW ? WatcherState.STOPPED : WatcherState.STOPPING, null);
            }
            stopNow();
        } finally {
            lock.unlock();
        }
        tell();
        return true;
    }

    void ended(Optional<Throwable> cause) {
        lock.lock();
        try {
            stopNow();
            if (cause.isEmpty() && state != WatcherState.STOPPING) {
                apply(WatcherState.STOPPING, null);
            }
            apply(cause.isPresent() ? WatcherState.FAILED : WatcherState.STOPPED, cause.orElse(null));
        } finally {
            lock.unlock();
        }
        tell();
    }

    private void moveUnlessStopping(WatcherState next, @Nullable Throwable cause) {
        lock.lock();
        try {
            move(next, cause);
        } finally {
            lock.unlock();
        }
        tell();
    }

    private void move(WatcherState next, @Nullable Throwable cause) {
        throwIfStopRequested();
        if (state == next) {
            trouble = cause;
        } else {
            apply(next, cause);
        }
    }

    private void apply(WatcherState next, @Nullable Throwable cause) {
        if (!state.canBecome(next)) {
            throw cannotBecome(next);
        }
        untold.add(new StateChanged(watcher, state, next, Optional.ofNullable(cause)));
        state = next;
        failure = next == WatcherState.FAILED ? cause : null;
        trouble = next == WatcherState.RECOVERING ? cause : null;
        changed.signalAll();
    }

    private IllegalStateException cannotBecome(WatcherState next) {
        return new IllegalStateException("Watcher '" + watcher + "' is " + state + " and cannot become " + next
                + ". A watcher starts once; build another one to start again.");
    }

    /** Tells changes in their order: whoever tells now also tells what others change meanwhile. */
    private void tell() {
        for (StateChanged next = nextUntold(); next != null; next = nextUntold()) {
            try {
                listener.stateChanged(next);
            } finally {
                toldOne();
            }
        }
    }

    private @Nullable StateChanged nextUntold() {
        lock.lock();
        try {
            StateChanged next = telling ? null : untold.poll();
            telling |= next != null;
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void toldOne() {
        lock.lock();
        try {
            telling = false;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a state; empty if it has not come within {@code timeout}. */
    Optional<WatcherState> await(Predicate<WatcherState> wanted, Duration timeout) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(timeout);
        lock.lock();
        try {
            while (!wanted.test(state) && left > 0) {
                left = changed.awaitNanos(left);
            }
            return wanted.test(state) ? Optional.of(state) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }
}
