package io.changewatch.it;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** Waits for what a watcher or a server does, however slow the machine is. */
final class Eventually {
    /** Only a failure takes this long. */
    static final Duration LIMIT = Duration.ofMinutes(1);

    private Eventually() {}

    /** Returns soon after {@code condition} holds; fails the test if it does not within {@link #LIMIT}. */
    static void eventually(Callable<Boolean> condition) {
        Awaitility.await().atMost(LIMIT).until(condition);
    }
}
