package io.changewatch;

import io.changewatch.event.Namespace;
import java.util.Optional;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * An event could not be turned into the application's type: a field is missing or of a wrong type.
 *
 * <p>The message names namespace and field. It does not show the key or any value; {@link #documentKey()} and {@link #raw()} do,
 * and so may the message of the {@linkplain #getCause() cause}, which is the codec's own. Thread-safe.
 */
public final class DecodeException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    private final transient Optional<Namespace> namespace;
    private final transient Optional<BsonDocument> documentKey;
    private final String field;
    private final transient BsonDocument raw;

    /** An exception for one event; {@code field} is the dotted path from the event's root, such as {@code fullDocument.total}. */
    public DecodeException(
            String message,
            Optional<Namespace> namespace,
            Optional<BsonDocument> documentKey,
            String field,
            BsonDocument raw,
            @Nullable Throwable cause) {
        super(message, cause);
        this.namespace = namespace;
        this.documentKey = documentKey;
        this.field = field;
        this.raw = raw;
    }

    /** Where the document lives; empty if the event carries no namespace. */
    public Optional<Namespace> namespace() {
        return namespace;
    }

    /** The key of the document; empty if the event carries none. */
    public Optional<BsonDocument> documentKey() {
        return documentKey;
    }

    /**
     * The dotted path of the field that could not be decoded, from the event's root: {@code fullDocument.items.2.price}. Empty if
     * the bytes of the event are no BSON document.
     */
    public String field() {
        return field;
    }

    /** The whole event as the server sent it; if its bytes are no BSON document, of token, operation, cluster time, namespace and key what comes before the damage. */
    public BsonDocument raw() {
        return raw;
    }
}
