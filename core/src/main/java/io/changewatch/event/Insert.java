package io.changewatch.event;

import java.util.Optional;
import org.bson.BsonDocument;

/**
 * A document was inserted.
 *
 * <p>Thread-safe as far as {@code T} is.
 *
 * @param in the collection
 * @param document the document as inserted
 */
public record Insert<T>(EventContext context, Namespace in, BsonDocument documentKey, T document)
        implements DocumentEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.INSERT;
    }

    @Override
    public Optional<T> latestDocument() {
        return Optional.of(document);
    }

    @Override
    public Insert<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new Insert<>(context.copy(bytes), in, bytes.move(documentKey), bytes.move(document));
    }
}
