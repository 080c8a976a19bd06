package io.changewatch.push;

import java.util.concurrent.TimeUnit;

/** At most so many a second, and as many at once. Guarded by its connection's lock. */
final class RateLimit {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final int perSecond;
    private double allowed;
    private long lastNanos;

    RateLimit(int perSecond, long nanos) {
        this.perSecond = perSecond;
        this.allowed = perSecond;
        this.lastNanos = nanos;
    }

    /** Takes one, if there is one. */
    boolean permits(long nanos) {
        allowed = Math.min(perSecond, allowed + (double) (nanos - lastNanos) * perSecond / SECOND);
        lastNanos = nanos;
        if (allowed < 1) {
            return false;
        }
        allowed--;
        return true;
    }
}
