package io.changewatch.event;

import org.bson.BsonDocument;

/**
 * A collection was sharded; {@code operationDescription.shardKey} holds the key.
 *
 * <p>Sent with {@code showExpandedEvents()} only. Immutable and thread-safe.
 *
 * @param in the collection
 * @param operationDescription what the server says of it; empty where it says nothing
 */
public record ShardCollection<T>(EventContext context, Namespace in, BsonDocument operationDescription)
        implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.SHARD_COLLECTION;
    }

    @Override
    public ShardCollection<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new ShardCollection<>(context.copy(bytes), in, bytes.move(operationDescription));
    }
}
