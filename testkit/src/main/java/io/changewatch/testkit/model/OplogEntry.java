package io.changewatch.testkit.model;

import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * One entry of the oplog, or one operation of a transaction's entry.
 *
 * @param sequence counts all entries from 0, also those rolled over or rolled back
 * @param index the operation's number within its transaction; 0 outside of one
 * @param transaction {@code {lsid, txnNumber}} as an event shows them; empty outside of one
 */
public record OplogEntry(
        long sequence, BsonTimestamp time, int index, Optional<BsonDocument> transaction, Change change) {}
