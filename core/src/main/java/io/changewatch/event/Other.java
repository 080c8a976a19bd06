package io.changewatch.event;

import java.util.Optional;

/**
 * A change that this version of the library has no type for. {@link #raw()} holds all the server sent.
 *
 * <p>Immutable and thread-safe.
 *
 * @param operationName the server's name of the operation
 */
public record Other<T>(EventContext context, String operationName, Optional<Namespace> namespace)
        implements ChangeEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.OTHER;
    }

    @Override
    public Other<T> copy() {
        return new Other<>(context.copy(OwnBytes.of(raw())), operationName, namespace);
    }
}
