package io.changewatch.internal;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** Waits for what another thread does, without losing time. */
public final class Eventually {
    private Eventually() {}

    /** Returns as soon as {@code condition} holds; fails the test if that takes a minute. */
    public static void eventually(Callable<Boolean> condition) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofMinutes(1))
                .until(condition);
    }
}
