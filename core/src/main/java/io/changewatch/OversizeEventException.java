package io.changewatch;

import io.changewatch.event.Namespace;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * An event exceeds the server's limit of 16 MB and cannot be split into fragments, or its fragments exceed
 * {@link ChangeWatcherBuilder#maxEventBytes}.
 *
 * <p>Thread-safe.
 */
public final class OversizeEventException extends UndeliverableEventException {
    private static final long serialVersionUID = 1L;

    /** An exception for one event, of which empty parts are not known. */
    public OversizeEventException(
            String message,
            Optional<Namespace> namespace,
            Optional<BsonDocument> documentKey,
            Optional<BsonTimestamp> clusterTime,
            @Nullable Throwable cause) {
        super(message, namespace, documentKey, clusterTime, cause);
    }
}
