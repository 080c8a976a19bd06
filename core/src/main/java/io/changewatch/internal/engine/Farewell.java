package io.changewatch.internal.engine;

import java.time.Duration;

/**
 * Closes a client on a thread of its own. The driver's {@code close()} fails under an interrupt, which leaves its threads and connections, and
 * says good-bye to a server without a time-out, on a half-open connection for ever.
 */
record Farewell(Surroundings surroundings, String thread, Duration patience) {

    /** Returns when {@code closing} has ended, or goes on without the caller, whatever interrupts that. */
    void say(Runnable closing) {
        Thread own = surroundings.thread(thread, true, closing);
        own.start();
        boolean interrupted = false;
        long begin = surroundings.getAsLong();
        Duration left = patience;
        while (own.isAlive() && !left.isNegative() && !left.isZero()) {
            try {
                own.join(left.toMillis() + 1);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            left = patience.minusNanos(surroundings.getAsLong() - begin);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
