package io.changewatch.pipeline;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.bson.BsonNull;
import org.bson.BsonNumber;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * What a hash table can know a value by: values that {@link BsonOrder} finds equal have equal keys.
 *
 * <p>The reverse does not hold. Types that are rarely asked for by value, documents and arrays above all, share one key
 * for all their values; whoever finds something by a key still has to compare.
 */
final class ValueKey {

    private ValueKey() {}

    /** The key of a value; "missing", {@code null} here, has that of null. */
    static Object of(@Nullable BsonValue value) {
        return ofPresent(value == null ? BsonNull.VALUE : value);
    }

    private static Object ofPresent(BsonValue value) {
        return switch (value.getBsonType()) {
            case INT32, INT64, DOUBLE, DECIMAL128 -> ofNumber(value.asNumber());
            case STRING, SYMBOL -> ofText(BsonOrder.text(value));
            case DOCUMENT, ARRAY, REGULAR_EXPRESSION, DB_POINTER, JAVASCRIPT, JAVASCRIPT_WITH_SCOPE ->
                value.getBsonType();
            default -> value;
        };
    }

    /** NaN and the infinities are known by their magnitude, an {@code Integer}, which equals no {@code BigDecimal}. */
    private static Object ofNumber(BsonNumber number) {
        int magnitude = BsonOrder.magnitude(number);
        return magnitude != 0 ? magnitude : BsonOrder.exact(number).stripTrailingZeros();
    }

    /** Texts are equal by their UTF-8 bytes, in which half a surrogate pair is a question mark. */
    private static Object ofText(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
