package io.changewatch.retry;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One task and its attempts, see {@link RetryPolicy#call}.
 *
 * <p>Not thread-safe: used once, by the caller's thread.
 */
final class RetriedCall {

    /** What an endless policy may keep of the past. */
    private static final int REMEMBERED = 8;

    private final RetryPolicy policy;
    private final Pause pause;
    private final Deque<Exception> earlier = new ArrayDeque<>();
    private int failures;

    RetriedCall(RetryPolicy policy, Pause pause) {
        this.policy = policy;
        this.pause = pause;
    }

    <V extends @Nullable Object> V call(Callable<V> task) throws Exception {
        Duration firstFailure = null;
        while (true) {
            try {
                return task.call();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                Duration now = pause.now();
                firstFailure = firstFailure == null ? now : firstFailure;
                awaitNextAttempt(e, now.minus(firstFailure));
            }
        }
    }

    private void awaitNextAttempt(Exception failure, Duration elapsed) throws Exception {
        failures = failures == Integer.MAX_VALUE ? failures : failures + 1;
        Optional<Duration> delay = policy.delayAfter(failures, elapsed, ThreadLocalRandom.current());
        if (delay.isEmpty()) {
            throw withEarlierFailures(failure);
        }
        remember(failure);
        try {
            pause.await(delay.get());
        } catch (InterruptedException e) {
            e.addSuppressed(failure);
            throw e;
        }
    }

    /** The task may throw one instance again and again. */
    private void remember(Exception failure) {
        earlier.removeIf(known -> known == failure);
        earlier.addLast(failure);
        if (earlier.size() > REMEMBERED) {
            earlier.removeFirst();
        }
    }

    private Exception withEarlierFailures(Exception last) {
        earlier.stream().filter(failure -> failure != last).forEach(last::addSuppressed);
        return last;
    }
}
