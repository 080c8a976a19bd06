package io.changewatch.internal.decode;

import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/**
 * One field stands in the way. Does not leave this room: {@link BatchEventDecoder} adds which event it was and turns it into
 * a {@link io.changewatch.DecodeException}.
 */
final class FieldFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final String remedy;

    /** {@code problem} continues the sentence "Cannot decode the update in shop.orders: "; {@code remedy} begins one of its own. */
    FieldFailure(String field, String problem, String remedy, @Nullable Throwable cause) {
        super(problem, cause);
        this.field = field;
        this.remedy = remedy;
    }

    static FieldFailure missing(String field) {
        return new FieldFailure(
                field, "the event has no field " + field, "Keep it in the pipeline: no stage may remove it", null);
    }

    static FieldFailure wrongType(String field, byte actual, BsonType expected) {
        String problem = "field %s is %s, but a change event has %s there"
                .formatted(field, BsonTypes.withArticle(actual), BsonTypes.withArticle(expected));
        return new FieldFailure(field, problem, "Keep it as the server sends it: no stage may replace it", null);
    }

    String field() {
        return field;
    }

    /** What failed, without the event it failed in. */
    String problem() {
        return String.valueOf(getMessage());
    }

    String remedy() {
        return remedy;
    }
}
