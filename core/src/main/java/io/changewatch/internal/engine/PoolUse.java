package io.changewatch.internal.engine;

import com.mongodb.reactivestreams.client.MongoClient;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many watchers read on one client. Each keeps a connection of its pool busy, whose size the driver does not tell; so what is
 * warned of is the end of a pool of the driver's default size.
 *
 * <p>Thread-safe.
 */
final class PoolUse {
    /** Watchers that leave few connections of the driver's default pool for all other commands. */
    static final int MANY = 80;

    private static final Logger LOG = LoggerFactory.getLogger(PoolUse.class);
    private static final int DEFAULT_POOL = 100;
    private static final Map<MongoClient, PoolUse> BY_CLIENT = Collections.synchronizedMap(new WeakHashMap<>());

    private final AtomicInteger watchers = new AtomicInteger();
    private final AtomicBoolean warned = new AtomicBoolean();

    private PoolUse() {}

    static PoolUse of(MongoClient client) {
        return BY_CLIENT.computeIfAbsent(client, unknown -> new PoolUse());
    }

    /** One more watcher reads; returns whether that was warned of, which happens once. */
    boolean join(String watcher) {
        boolean isMuch = watchers.incrementAndGet() >= MANY && warned.compareAndSet(false, true);
        if (isMuch) {
            LOG.warn(
                    "[{}] It is the {}th watcher on its client, and each keeps a connection of the client's pool busy. The driver's"
                            + " default pool has {}: when it is used up, commands time out and streams stop. Set maxPoolSize to the"
                            + " number of watchers and 20 more, unless it is that large; or watch a database instead of each of its"
                            + " collections, or share one stream with a LiveFeed.",
                    watcher,
                    MANY,
                    DEFAULT_POOL);
        }
        return isMuch;
    }

    /** One of them has ended. */
    void leave() {
        watchers.decrementAndGet();
    }
}
