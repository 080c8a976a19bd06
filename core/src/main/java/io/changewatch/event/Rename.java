package io.changewatch.event;

import org.bson.BsonDocument;

/**
 * A collection was renamed. A watcher of the old or the new name receives an {@link Invalidate} next.
 *
 * <p>Immutable and thread-safe.
 *
 * @param in the old name
 * @param to the new name
 * @param operationDescription with {@code showExpandedEvents()} the same and what was overwritten, otherwise empty
 */
public record Rename<T>(EventContext context, Namespace in, Namespace to, BsonDocument operationDescription)
        implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.RENAME;
    }

    @Override
    public Rename<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new Rename<>(context.copy(bytes), in, to, bytes.move(operationDescription));
    }
}
