package io.changewatch.event;

import org.bson.BsonDocument;

/**
 * The options of a collection or an index were modified ({@code collMod}).
 *
 * <p>Sent with {@code showExpandedEvents()} only. Immutable and thread-safe.
 *
 * @param in the collection
 * @param operationDescription the new options
 * @param stateBeforeChange the old options
 */
public record Modify<T>(
        EventContext context, Namespace in, BsonDocument operationDescription, BsonDocument stateBeforeChange)
        implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.MODIFY;
    }

    @Override
    public Modify<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new Modify<>(context.copy(bytes), in, bytes.move(operationDescription), bytes.move(stateBeforeChange));
    }
}
