package io.changewatch.internal.decode;

import org.bson.BsonDocument;

/**
 * The fragments of an event exceed the bound; all of them have been received, and none is kept. Caught by the engine, whose
 * policy decides.
 *
 * <p>Thread-safe.
 */
public final class TooLargeEventException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient BsonDocument envelope;

    TooLargeEventException(BsonDocument envelope, int maxBytes) {
        super("its fragments exceed %,d bytes".formatted(maxBytes));
        this.envelope = envelope;
    }

    /** Which event it is: those of {@code _id}, operation, cluster time, namespace and key that were there, copied. */
    public BsonDocument envelope() {
        return envelope;
    }
}
