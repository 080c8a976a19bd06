package io.changewatch;

import io.changewatch.event.Namespace;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The next event cannot be delivered, and {@link UndeliverablePolicy#FAIL} is the policy: it is larger than 16 MB and cannot be
 * split ({@link OversizeEventException}), or it lacks an image that is {@code REQUIRED}.
 *
 * <p>The message names the document, if the server could tell which one it is. Thread-safe.
 */
public class UndeliverableEventException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    private final transient Optional<Namespace> namespace;
    private final transient Optional<BsonDocument> documentKey;
    private final transient Optional<BsonTimestamp> clusterTime;

    /** An exception for one event, of which empty parts are not known. */
    public UndeliverableEventException(
            String message,
            Optional<Namespace> namespace,
            Optional<BsonDocument> documentKey,
            Optional<BsonTimestamp> clusterTime,
            @Nullable Throwable cause) {
        super(message, cause);
        this.namespace = namespace;
        this.documentKey = documentKey;
        this.clusterTime = clusterTime;
    }

    /** Where the document lives; empty if that is not known. */
    public Optional<Namespace> namespace() {
        return namespace;
    }

    /** The key of the document; empty if that is not known. */
    public Optional<BsonDocument> documentKey() {
        return documentKey;
    }

    /** When the document was changed; empty if that is not known. */
    public Optional<BsonTimestamp> clusterTime() {
        return clusterTime;
    }
}
