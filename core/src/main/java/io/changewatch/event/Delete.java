package io.changewatch.event;

import java.util.Optional;
import org.bson.BsonDocument;

/**
 * A document was deleted.
 *
 * <p>Thread-safe as far as {@code T} is.
 *
 * @param in the collection
 * @param documentBefore the document that was deleted, where {@code fullDocumentBeforeChange} asks for it and the
 *     collection keeps pre-images
 */
public record Delete<T>(EventContext context, Namespace in, BsonDocument documentKey, Optional<T> documentBefore)
        implements DocumentEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.DELETE;
    }

    @Override
    public Optional<T> latestDocument() {
        return documentBefore;
    }

    @Override
    public Delete<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new Delete<>(context.copy(bytes), in, bytes.move(documentKey), bytes.move(documentBefore));
    }
}
