package io.changewatch.pipeline;

import java.util.Objects;
import org.bson.BsonValue;

/**
 * What a change did to one field.
 *
 * <p>Immutable; thread-safe as far as the values are.
 *
 * @param path the dotted path in the document
 * @param isTouched whether the change wrote the field, a part of it or a document or array it is in, as
 *     {@link Condition#changed(String)} asks; always of an insert, replace or delete
 * @param before its state right before the change
 * @param after its state right after the change
 */
public record FieldChange(String path, boolean isTouched, State<BsonValue> before, State<BsonValue> after) {

    /** Whether the field is another one after the change. */
    public enum Difference {
        /** It was not touched, or has the same value of the same type as before. */
        SAME,
        /** It has another value, or another type, came into being or went. */
        DIFFERENT,
        /** It was touched, and one of its states is not known. */
        UNKNOWN
    }

    /** A change of these states. */
    public FieldChange {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(before, "before");
        Objects.requireNonNull(after, "after");
    }

    /** Whether before and after differ, as far as that is known. */
    public Difference difference() {
        if (!isTouched) {
            return Difference.SAME;
        }
        if (!before.isKnown() || !after.isKnown()) {
            return Difference.UNKNOWN;
        }
        return before.value().equals(after.value()) ? Difference.SAME : Difference.DIFFERENT;
    }
}
