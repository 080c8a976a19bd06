package io.changewatch.benchmarks;

import io.changewatch.observe.WatcherListener;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Holds the watcher at the first event of a round until it is opened, and tells when the last one was handled.
 *
 * <p>So the events of a round are written while nothing is measured, and then read as fast as they can be: no writer costs CPU
 * in this process meanwhile. To start the feed in the past instead would let the events pass before a client can be attached.
 *
 * <p>Thread-safe.
 */
final class Gate implements WatcherListener {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private volatile @Nullable Round round;

    /** Closes the gate before a round of so many events, beside the one at which the watcher is held. */
    void close(int events) {
        round = new Round(events);
    }

    @Override
    public void eventHandled(EventHandled notice) {
        Round now = round;
        if (now != null) {
            now.handled();
        }
    }

    void awaitHeld() throws InterruptedException {
        await(current().held, "the watcher was not held");
    }

    void open() {
        current().open.countDown();
    }

    void awaitHandled() throws InterruptedException {
        await(current().done, "the events were not handled");
    }

    private Round current() {
        Round now = round;
        if (now == null) {
            throw new IllegalStateException("the gate was never closed");
        }
        return now;
    }

    private static void await(CountDownLatch latch, String failure) throws InterruptedException {
        if (!latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException(failure + " within " + LIMIT);
        }
    }

    private static final class Round {
        final CountDownLatch held = new CountDownLatch(1);
        final CountDownLatch open = new CountDownLatch(1);
        final CountDownLatch done = new CountDownLatch(1);
        private int left;
        private boolean isFirst = true;

        Round(int events) {
            this.left = events;
        }

        /** On the watcher's thread. */
        void handled() {
            if (isFirst) {
                isFirst = false;
                hold();
            } else if (--left == 0) {
                done.countDown();
            }
        }

        private void hold() {
            held.countDown();
            try {
                open.await();
            } catch (InterruptedException e) { // the watcher is closed
                Thread.currentThread().interrupt();
            }
        }
    }
}
