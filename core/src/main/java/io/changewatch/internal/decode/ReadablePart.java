package io.changewatch.internal.decode;

import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/**
 * What tells which event it is, of one whose bytes are damaged further behind: the server sends token, operation and time first.
 * Stateless and thread-safe.
 */
final class ReadablePart {
    private ReadablePart() {}

    /** Those of {@code _id}, {@code operationType}, {@code clusterTime}, {@code ns} and {@code documentKey} before the damage. */
    static BsonDocument of(byte[] bytes, int offset) {
        BsonDocument part = new BsonDocument();
        try {
            Elements elements = new Elements(bytes, offset, bytes.length, "");
            while (elements.next()) {
                read(elements, bytes, part);
            }
        } catch (MalformedBsonException e) {
            return part; // here it is damaged
        }
        return part;
    }

    /** Whether the watcher can go on behind the event. */
    static boolean isPosition(BsonDocument part) {
        return part.isDocument(EnvelopeField.ID.fieldName())
                && part.isTimestamp(EnvelopeField.CLUSTER_TIME.fieldName());
    }

    private static void read(Elements element, byte[] bytes, BsonDocument part) {
        EnvelopeField field = EnvelopeField.of(bytes, element.nameStart(), element.valueStart() - 1);
        BsonType expected = typeOf(field);
        if (field == null || expected == null || element.type() != expected.getValue()) {
            return;
        }
        part.append(
                field.fieldName(),
                switch (expected) {
                    case TIMESTAMP -> new BsonTimestamp(BsonBytes.int64(bytes, element.valueStart()));
                    case STRING -> new BsonString(element.string());
                    default -> element.document();
                });
    }

    private static @Nullable BsonType typeOf(@Nullable EnvelopeField field) {
        if (field == null) {
            return null;
        }
        return switch (field) {
            case ID, NAMESPACE, DOCUMENT_KEY -> BsonType.DOCUMENT;
            case OPERATION_TYPE -> BsonType.STRING;
            case CLUSTER_TIME -> BsonType.TIMESTAMP;
            default -> null;
        };
    }
}
