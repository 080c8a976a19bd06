package io.changewatch.event;

/**
 * A database was dropped, after a {@link Drop} of each of its collections. A watcher of just this database receives an
 * {@link Invalidate} next.
 *
 * <p>Immutable and thread-safe.
 *
 * @param in the database
 */
public record DropDatabase<T>(EventContext context, Namespace in) implements NamespaceEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.DROP_DATABASE;
    }

    @Override
    public DropDatabase<T> copy() {
        return new DropDatabase<>(context.copy(OwnBytes.of(raw())), in);
    }
}
