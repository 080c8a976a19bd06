package io.changewatch.event;

/**
 * A collection was dropped. A watcher of just this collection receives an {@link Invalidate} next.
 *
 * <p>Immutable and thread-safe.
 *
 * @param in the collection
 */
public record Drop<T>(EventContext context, Namespace in) implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.DROP;
    }

    @Override
    public Drop<T> copy() {
        return new Drop<>(context.copy(OwnBytes.of(raw())), in);
    }
}
