package io.changewatch.internal.engine;

import io.changewatch.internal.checkpoint.Position;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the position now and then, so that a watcher can be started there when its store is lost.
 *
 * <p>The token itself goes to DEBUG, because it contains the key of a document; the cluster time is enough to resume, at
 * the price of repeating the events of that very time. Called on the watcher's thread only.
 */
final class PositionLog {
    private static final Logger LOG = LoggerFactory.getLogger(PositionLog.class);

    private final String watcher;
    private final Duration interval;
    private final LongSupplier nanoTime;
    private long lastNanos;

    PositionLog(Shared<?> shared) {
        this.watcher = shared.watcher();
        this.interval = shared.settings().logPositionEvery();
        this.nanoTime = shared.surroundings();
        this.lastNanos = nanoTime.getAsLong();
    }

    void reached(Position position) {
        long now = nanoTime.getAsLong();
        if (interval.isZero() || Duration.ofNanos(now - lastNanos).compareTo(interval) < 0) {
            return;
        }
        lastNanos = now;
        LOG.info(
                "[{}] Everything up to cluster time {} is handled; to start here: startFrom(StartPosition.at(new BsonTimestamp({}L))).",
                watcher,
                position.clusterTime().getTime() + "/" + position.clusterTime().getInc(),
                position.clusterTime().getValue());
        LOG.debug("[{}] The same as a token: {}", watcher, position.token().toJson());
    }
}
