package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;

/**
 * Holds openings to what is promised: five at once, then two a second. One bucket over all of a life, as the promise has no
 * window after which it forgets.
 */
final class OpeningRate {
    private static final int BURST = 5;
    private static final long INTERVAL = millis(500);
    /** What the scheduler may let pass between the watcher's leave to open and the opening. */
    private static final long SLACK = millis(100);

    private long spentUntil;

    /** Another watcher. */
    void begin() {
        spentUntil = 0;
    }

    /** Counts an opening; returns whether it may be now. */
    boolean allows(long now) {
        spentUntil = Math.max(spentUntil, now) + INTERVAL;
        return spentUntil - now <= BURST * INTERVAL + SLACK;
    }
}
