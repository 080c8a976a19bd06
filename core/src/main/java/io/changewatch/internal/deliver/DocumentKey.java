package io.changewatch.internal.deliver;

import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Namespace;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/**
 * Whose events stay in order by default: a document's.
 *
 * <p>It is its {@code _id} and not its whole document key, to which fields of the shard key come when a collection is sharded, and whose
 * fields change when the document moves to another shard.
 *
 * <p>Immutable and thread-safe.
 */
public record DocumentKey(Namespace namespace, BsonValue id) {

    /** The key of an event. */
    public static DocumentKey of(DocumentEvent<?> event) {
        BsonDocument key = event.documentKey();
        BsonValue id = key.get("_id");
        return new DocumentKey(event.in(), id == null ? key : id);
    }
}
