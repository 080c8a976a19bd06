package io.changewatch.event;

import org.bson.BsonDocument;

/**
 * Indexes were dropped; {@code operationDescription.indexes} lists them.
 *
 * <p>Sent with {@code showExpandedEvents()} only. Immutable and thread-safe.
 *
 * @param in the collection
 * @param operationDescription what the server says of it; empty where it says nothing
 */
public record DropIndexes<T>(EventContext context, Namespace in, BsonDocument operationDescription)
        implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.DROP_INDEXES;
    }

    @Override
    public DropIndexes<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new DropIndexes<>(context.copy(bytes), in, bytes.move(operationDescription));
    }
}
