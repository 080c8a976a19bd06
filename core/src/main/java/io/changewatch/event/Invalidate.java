package io.changewatch.event;

import java.util.Optional;

/**
 * What was watched is gone: dropped, renamed, or its database dropped. The server closes the stream after this event.
 *
 * <p>Immutable and thread-safe.
 */
public record Invalidate<T>(EventContext context) implements ChangeEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.INVALIDATE;
    }

    @Override
    public Optional<Namespace> namespace() {
        return Optional.empty();
    }

    @Override
    public Invalidate<T> copy() {
        return new Invalidate<>(context.copy(OwnBytes.of(raw())));
    }
}
