package io.changewatch.internal.engine;

import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.StateChanged;
import java.util.concurrent.CountDownLatch;

/**
 * One time in which this instance has the lease and watches.
 *
 * <p>Thread-safe.
 *
 * @param tenure for how long
 * @param over opens when the watching has ended, for whatever reason
 * @param states is told the states of the watching
 */
record Activity(Tenure tenure, CountDownLatch over, WatcherListener states) {

    /** Shows in {@code lifecycle} what the watching does, until the lease is lost. */
    static Activity of(Tenure tenure, Lifecycle lifecycle) {
        CountDownLatch over = new CountDownLatch(1);
        return new Activity(tenure, over, new WatcherListener() {
            @Override
            public void stateChanged(StateChanged notice) {
                if (notice.to().isTerminal()) {
                    over.countDown();
                } else if (!tenure.isOver()) {
                    show(notice, lifecycle);
                }
            }
        });
    }

    private static void show(StateChanged notice, Lifecycle lifecycle) {
        try {
            switch (notice.to()) {
                case STARTING -> lifecycle.startingFromStandby();
                case RUNNING -> lifecycle.running();
                case PAUSED -> lifecycle.paused();
                case RECOVERING -> lifecycle.recovering(notice.cause().orElseThrow());
                default -> {
                    // The end is told by who has the lease.
                }
            }
        } catch (StoppedException e) {
            // The watcher's own state tells that.
        }
    }
}
