package io.changewatch.event;

import org.bson.BsonDocument;

/**
 * A collection or view was created.
 *
 * <p>Sent with {@code showExpandedEvents()} only. Immutable and thread-safe.
 *
 * @param in the collection
 * @param operationDescription what the server says of it; empty where it says nothing
 */
public record Create<T>(EventContext context, Namespace in, BsonDocument operationDescription)
        implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.CREATE;
    }

    @Override
    public Create<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new Create<>(context.copy(bytes), in, bytes.move(operationDescription));
    }
}
