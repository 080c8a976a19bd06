package io.changewatch.event;

import java.util.Optional;
import org.bson.BsonDocument;

/**
 * A change of one document.
 *
 * <p>Immutable, unless the document type {@code T} is mutable; then thread-safe as far as {@code T} is.
 *
 * @param <T> the type documents are decoded to
 */
public sealed interface DocumentEvent<T> extends ChangeEvent<T> permits Insert, Update, Replace, Delete {

    /** The collection of the document. */
    Namespace in();

    /**
     * The {@code _id} of the document, any BSON type, preceded by the shard key's fields on a sharded collection. Like
     * {@link #raw()} it shares the bytes of its batch; {@code documentKey().get("_id")} does not, unless it is a document.
     */
    BsonDocument documentKey();

    /**
     * The newest state of the document that the event carries: the one after the change, else the one before. Empty for an
     * {@link Update} without any image, because none is asked for or the collection has not kept it, or with
     * {@code UPDATE_LOOKUP} because the document has been deleted since; and for a {@link Delete} without the image before.
     */
    Optional<T> latestDocument();

    @Override
    default Optional<Namespace> namespace() {
        return Optional.of(in());
    }
}
