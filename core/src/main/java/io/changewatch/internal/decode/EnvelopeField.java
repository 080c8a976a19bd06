package io.changewatch.internal.decode;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The fields of an event that the decoder reads, by the server's names. Thread-safe. */
@SuppressWarnings("ImmutableEnumChecker") // a FieldName never changes
enum EnvelopeField {
    ID("_id"),
    OPERATION_TYPE("operationType"),
    CLUSTER_TIME("clusterTime"),
    WALL_TIME("wallTime"),
    NAMESPACE("ns"),
    TO("to"),
    DOCUMENT_KEY("documentKey"),
    UPDATE_DESCRIPTION("updateDescription"),
    FULL_DOCUMENT("fullDocument"),
    FULL_DOCUMENT_BEFORE_CHANGE("fullDocumentBeforeChange"),
    SESSION("lsid"),
    TRANSACTION_NUMBER("txnNumber"),
    COLLECTION_UUID("collectionUUID"),
    OPERATION_DESCRIPTION("operationDescription"),
    STATE_BEFORE_CHANGE("stateBeforeChange"),
    SPLIT_EVENT("splitEvent");

    /** How many there are. */
    static final int COUNT = values().length;

    private static final EnvelopeField[][] BY_LENGTH = byLength();

    private final String fieldName;
    private final FieldName name;

    EnvelopeField(String fieldName) {
        this.fieldName = fieldName;
        this.name = FieldName.of(fieldName);
    }

    String fieldName() {
        return fieldName;
    }

    /** Its place in an array of {@link #COUNT} elements. */
    @SuppressWarnings("EnumOrdinal") // never kept beyond an event
    int slot() {
        return ordinal();
    }

    FieldName asName() {
        return name;
    }

    int nameLength() {
        return name.length() - 1;
    }

    /** The field with this name; null if the decoder does not read it. No string is made. */
    static @Nullable EnvelopeField of(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length >= BY_LENGTH.length) {
            return null;
        }
        for (EnvelopeField field : BY_LENGTH[length]) {
            if (field.name.isAt(bytes, from, to + 1)) {
                return field;
            }
        }
        return null;
    }

    private static EnvelopeField[][] byLength() {
        int longest = Arrays.stream(values())
                .mapToInt(EnvelopeField::nameLength)
                .max()
                .orElse(0);
        EnvelopeField[][] fields = new EnvelopeField[longest + 1][];
        Arrays.setAll(
                fields,
                length -> Arrays.stream(values())
                        .filter(field -> field.nameLength() == length)
                        .toArray(EnvelopeField[]::new));
        return fields;
    }
}
