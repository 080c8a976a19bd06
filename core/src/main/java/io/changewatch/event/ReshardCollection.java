package io.changewatch.event;

import org.bson.BsonDocument;

/**
 * A collection was resharded; {@code operationDescription} holds the new and the old key.
 *
 * <p>Sent with {@code showExpandedEvents()} only. Immutable and thread-safe.
 *
 * @param in the collection
 * @param operationDescription what the server says of it; empty where it says nothing
 */
public record ReshardCollection<T>(EventContext context, Namespace in, BsonDocument operationDescription)
        implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.RESHARD_COLLECTION;
    }

    @Override
    public ReshardCollection<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new ReshardCollection<>(context.copy(bytes), in, bytes.move(operationDescription));
    }
}
