package io.changewatch.event;

import java.util.Objects;
import org.bson.BsonDocument;

/**
 * The transaction a change was part of. Both parts together identify it; its events are adjacent and share a cluster time.
 *
 * <p>Immutable and thread-safe.
 *
 * @param lsid the logical session
 * @param txnNumber the number of the transaction in that session
 */
public record Transaction(BsonDocument lsid, long txnNumber) {

    /** Checks that {@code lsid} is not null. */
    public Transaction {
        Objects.requireNonNull(lsid, "lsid");
    }
}
