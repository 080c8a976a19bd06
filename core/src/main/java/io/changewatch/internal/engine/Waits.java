package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.CloseDeadline.GRACE;

import io.changewatch.ChangeWatchException;
import io.changewatch.StreamFailedException;
import io.changewatch.WatcherState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * How callers of a watcher wait for its states, and what they are told: the same with a lease and without.
 *
 * <p>Thread-safe.
 */
record Waits(String watcher, Lifecycle lifecycle) {
    private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

    /** Waits until the watcher is no longer starting. Throws what it has failed with. */
    void awaitStarted() {
        try {
            lifecycle.await(state -> state != WatcherState.STARTING, FOR_EVER);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throwIfFailed();
    }

    /** Waits until the stream is open; {@code standingBy} says why it is not, where another instance has the lease. */
    void awaitRunning(Duration timeout, Supplier<String> standingBy) throws TimeoutException, InterruptedException {
        Optional<WatcherState> reached = lifecycle.await(
                state -> state == WatcherState.RUNNING || state == WatcherState.STOPPING || state.isTerminal(),
                timeout);
        throwIfFailed();
        if (reached.isEmpty()) {
            throw notRunning(timeout, standingBy);
        }
        if (reached.get() != WatcherState.RUNNING) {
            throw new IllegalStateException(
                    "Watcher '" + watcher + "' has been closed; build another one to watch again.");
        }
    }

    private TimeoutException notRunning(Duration timeout, Supplier<String> standingBy) {
        Optional<Throwable> trouble = lifecycle.trouble();
        WatcherState state = lifecycle.state();
        String reason = switch (state) {
            case NEW -> "nobody has called start()";
            case STANDBY -> standingBy.get();
            default ->
                "it goes on trying"
                        + trouble.map(error -> " after " + FailureMessages.describe(error))
                                .orElse("");
        };
        TimeoutException exception = new TimeoutException("Watcher '" + watcher + "' is " + state
                + " and was not running within " + timeout + ": " + reason + ".");
        trouble.ifPresent(exception::initCause);
        return exception;
    }

    boolean awaitPaused(Duration timeout) throws InterruptedException {
        return lifecycle
                .await(
                        state -> (state == WatcherState.PAUSED && !lifecycle.isCalled())
                                || state == WatcherState.STOPPING
                                || state.isTerminal(),
                        timeout)
                .filter(state -> state == WatcherState.PAUSED)
                .isPresent();
    }

    boolean awaitTermination(Duration timeout) throws InterruptedException {
        return lifecycle.await(WatcherState::isTerminal, timeout).isPresent();
    }

    /** Waits for the end and for {@code thread}, whatever interrupts the caller; returns whether it has ended in time. */
    boolean awaitEnd(Duration deadline, Thread thread) {
        boolean interrupted = Thread.interrupted();
        try {
            boolean ended = awaitTermination(deadline);
            if (ended) {
                thread.join(GRACE.toMillis()); // a listener may hang in the last notice
            }
            return ended;
        } catch (InterruptedException e) {
            interrupted = true;
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void throwIfFailed() {
        Throwable failure = lifecycle.failure().orElse(null);
        if (failure instanceof ChangeWatchException exception) {
            throw exception;
        }
        if (failure != null) {
            String cause = failure.toString();
            throw new StreamFailedException(
                    "Watcher '" + watcher + "' failed with " + cause + (cause.endsWith(".") ? "" : "."), failure);
        }
    }
}
