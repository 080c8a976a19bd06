package io.changewatch.testkit.model;

import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * The server's answer to an opening or a getMore.
 *
 * @param positionAfter the post-batch resume token
 * @param isExhausted whether the server closed the cursor with it
 */
public record Reply(
        List<BsonDocument> events, BsonDocument positionAfter, BsonTimestamp operationTime, boolean isExhausted) {}
