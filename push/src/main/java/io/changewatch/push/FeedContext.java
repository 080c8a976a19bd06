package io.changewatch.push;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What all connections of one feed share.
 *
 * @param ticker nanoseconds of a clock that only goes forward
 * @param watcherState the watcher's state, by name
 */
record FeedContext<T>(
        String name,
        FeedOptions<T> options,
        Encoder<T> encoder,
        Figures figures,
        Hub<T> hub,
        CatchUps<T> catchUps,
        Seats seats,
        Executor senders,
        LongSupplier ticker,
        Clock clock,
        Supplier<String> watcherState) {

    long nanos() {
        return ticker.getAsLong();
    }

    Instant now() {
        return clock.instant();
    }

    String state() {
        return watcherState.get();
    }

    /** A connection has ended. */
    void gone(Connection<T> connection) {
        if (hub.gone(connection)) {
            seats.free(connection.request().principal());
        }
    }
}
