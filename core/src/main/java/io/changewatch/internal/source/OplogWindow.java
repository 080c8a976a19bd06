package io.changewatch.internal.source;

import java.util.concurrent.CompletableFuture;
import org.bson.BsonTimestamp;

/**
 * How far back the server's oplog reaches.
 *
 * <p>Thread-safe. Never blocks; the answer comes on a thread of the driver.
 */
public interface OplogWindow {

    /**
     * Looks once. Fails with {@link OplogHiddenException} where there is no oplog to be seen, and with what the server or the driver
     * reports otherwise.
     */
    CompletableFuture<Reading> read();

    /**
     * What the oplog spans.
     *
     * @param oldest the cluster time of its first entry
     * @param newest the cluster time of its last
     * @param growing whether the first entry is the one that was ever the first: nothing has been cut off yet
     */
    record Reading(BsonTimestamp oldest, BsonTimestamp newest, boolean growing) {}
}
