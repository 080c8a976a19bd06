package io.changewatch.internal.decode;

import io.changewatch.event.Namespace;
import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/**
 * Reads namespaces. Remembers the last one, because most events of a stream share it.
 *
 * <p>Thread-safe: what it remembers is immutable, and forgetting it costs no more than reading it again.
 */
final class NamespaceReader {
    private static final FieldName DATABASE = FieldName.of("db");
    private static final FieldName COLLECTION = FieldName.of("coll");

    private Known last = new Known(new byte[0], Namespace.of(""));

    /** The namespace {@code {db, coll}}, or {@code {db}} for a database. */
    Namespace read(Envelope event, EnvelopeField field) {
        byte[] bytes = event.bytes();
        int from = event.valueOf(field, BsonType.DOCUMENT);
        int to = from + BsonBytes.int32(bytes, from);
        Known known = last;
        if (Arrays.equals(bytes, from, to, known.bytes, 0, known.bytes.length)) {
            return known.namespace;
        }
        Namespace namespace = read(event.in(field), field);
        last = new Known(Arrays.copyOfRange(bytes, from, to), namespace);
        return namespace;
    }

    Optional<Namespace> readIfPresent(Envelope event, EnvelopeField field) {
        return event.has(field) ? Optional.of(read(event, field)) : Optional.empty();
    }

    private static Namespace read(Elements parts, EnvelopeField field) {
        @Nullable String database = null;
        @Nullable String collection = null;
        while (parts.next()) {
            if (parts.isNamed(DATABASE)) {
                database = parts.string();
            } else if (parts.isNamed(COLLECTION)) {
                collection = parts.string();
            }
        }
        if (database == null) {
            throw FieldFailure.missing(field.fieldName() + ".db");
        }
        return new Namespace(database, Optional.ofNullable(collection));
    }

    @SuppressWarnings("ArrayRecordComponent") // compared by its content above, never as a record
    private record Known(byte[] bytes, Namespace namespace) {}
}
