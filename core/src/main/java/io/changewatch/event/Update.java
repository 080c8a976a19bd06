package io.changewatch.event;

import java.util.Optional;
import org.bson.BsonDocument;

/**
 * Fields of a document were changed.
 *
 * <p>Thread-safe as far as {@code T} is.
 *
 * @param in the collection
 * @param updateDescription which fields changed, and to what
 * @param document with {@code fullDocument(UPDATE_LOOKUP)} some later state of the document, empty if it has been deleted
 *     since; with {@code WHEN_AVAILABLE} or {@code REQUIRED} its state right after this update; empty where not asked for
 * @param documentBefore the document before this update, where {@code fullDocumentBeforeChange} asks for it and the
 *     collection keeps pre-images
 */
public record Update<T>(
        EventContext context,
        Namespace in,
        BsonDocument documentKey,
        UpdateDescription updateDescription,
        Optional<T> document,
        Optional<T> documentBefore)
        implements DocumentEvent<T> {

    @Override
    public OperationType operationType() {
        return OperationType.UPDATE;
    }

    @Override
    public Optional<T> latestDocument() {
        return document.or(() -> documentBefore);
    }

    @Override
    public Update<T> copy() {
        OwnBytes bytes = OwnBytes.of(raw());
        return new Update<>(
                context.copy(bytes),
                in,
                bytes.move(documentKey),
                updateDescription.copy(bytes),
                bytes.move(document),
                bytes.move(documentBefore));
    }
}
