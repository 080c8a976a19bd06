package io.changewatch.internal.source;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Waits for the answer to what is asked outside of an open stream, for as long as {@link Watchdog} allows.
 *
 * <p>Thread-safe: one thread waits, any may close the waiter.
 */
final class Patience {
    private final ReplyWaiter waiter;
    private final Watchdog watchdog;

    Patience(ReplyWaiter waiter, Watchdog watchdog) {
        this.waiter = waiter;
        this.watchdog = watchdog;
    }

    /**
     * Waits for {@code reply} and throws what it failed with.
     *
     * @param what names the question, for the message
     * @param counts whether the time that passes now counts
     * @throws StalledStreamException if the answer does not come in time
     */
    <T> T await(CompletableFuture<T> reply, String what, BooleanSupplier counts) throws InterruptedException {
        Duration limit = watchdog.openLimit();
        try {
            return waiter.await(reply, limit, counts);
        } catch (TimeoutException silent) {
            watchdog.openStalled();
            throw watchdog.giveUp(reply, what, limit);
        }
    }

    /** Time counts from when the driver knows a server: before, it waits for one by the client's own limit. */
    static BooleanSupplier onceTrue(BooleanSupplier knowsServer) {
        boolean[] known = {knowsServer.getAsBoolean()};
        return () -> known[0] || (known[0] = knowsServer.getAsBoolean());
    }
}
