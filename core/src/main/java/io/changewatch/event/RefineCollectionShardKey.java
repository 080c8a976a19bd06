package io.changewatch.event;

import org.bson.BsonDocument;

/**
 * Fields were added to a shard key; {@code operationDescription} holds the new and the old key.
 *
 * <p>Sent with {@code showExpandedEvents()} only. Immutable and thread-safe.
 *
 * @param in the collection
 * @param operationDescription what the server says of it; empty where it says nothing
 */
public record RefineCollectionShardKey<T>(EventContext context, Namespace in, BsonDocument operationDescription)
        implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.REFINE_COLLECTION_SHARD_KEY;
    }

    @Override
    public RefineCollectionShardKey<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new RefineCollectionShardKey<>(context.copy(bytes), in, bytes.move(operationDescription));
    }
}
