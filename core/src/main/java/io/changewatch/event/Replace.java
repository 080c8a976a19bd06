package io.changewatch.event;

import java.util.Optional;
import org.bson.BsonDocument;

/**
 * A document was replaced as a whole.
 *
 * <p>Thread-safe as far as {@code T} is.
 *
 * @param in the collection
 * @param document the new document
 * @param documentBefore the old document, where {@code fullDocumentBeforeChange} asks for it and the collection keeps
 *     pre-images
 */
public record Replace<T>(
        EventContext context, Namespace in, BsonDocument documentKey, T document, Optional<T> documentBefore)
        implements DocumentEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.REPLACE;
    }

    @Override
    public Optional<T> latestDocument() {
        return Optional.of(document);
    }

    @Override
    public Replace<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new Replace<>(
                context.copy(bytes), in, bytes.move(documentKey), bytes.move(document), bytes.move(documentBefore));
    }
}
