package io.changewatch.pipeline;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonDbPointer;
import org.bson.BsonDocument;
import org.bson.BsonJavaScriptWithScope;
import org.bson.BsonNumber;
import org.bson.BsonRegularExpression;
import org.bson.BsonSymbol;
import org.bson.BsonValue;
import org.bson.types.Decimal128;

/**
 * The server's order of BSON values.
 *
 * <p>Types have an order of their own: all numbers are one type, strings and symbols are one type. Within a type, numbers
 * compare by their exact value (NaN first, the zeros equal), strings by their UTF-8 bytes, binaries by length, subtype and
 * bytes, documents and arrays element by element: type, then name, then value. The source is {@code BSONElement} in the
 * server; {@code ConditionServerIT} compares the two.
 *
 * <p>Thread-safe.
 */
final class BsonOrder {

    private BsonOrder() {}

    /** Negative, zero or positive as {@code left} is before, equal to or after {@code right}. */
    static int compare(BsonValue left, BsonValue right) {
        int byType = Integer.compare(rank(left), rank(right));
        return byType != 0 ? byType : compareWithinType(left, right);
    }

    /** Whether the server compares the two by value; range operators match nothing else. */
    static boolean sameType(BsonValue left, BsonValue right) {
        return rank(left) == rank(right);
    }

    static boolean isNaN(BsonValue value) {
        if (value.isDouble()) {
            return Double.isNaN(value.asDouble().getValue());
        }
        return value.isDecimal128() && value.asDecimal128().getValue().isNaN();
    }

    private static int rank(BsonValue value) {
        return switch (value.getBsonType()) {
            case MIN_KEY -> Integer.MIN_VALUE;
            case END_OF_DOCUMENT, UNDEFINED -> 0;
            case NULL -> 5;
            case INT32, INT64, DOUBLE, DECIMAL128 -> 10;
            case STRING, SYMBOL -> 15;
            case DOCUMENT -> 20;
            case ARRAY -> 25;
            case BINARY -> 30;
            case OBJECT_ID -> 35;
            case BOOLEAN -> 40;
            case DATE_TIME -> 45;
            case TIMESTAMP -> 47;
            case REGULAR_EXPRESSION -> 50;
            case DB_POINTER -> 55;
            case JAVASCRIPT -> 60;
            case JAVASCRIPT_WITH_SCOPE -> 65;
            case MAX_KEY -> Integer.MAX_VALUE;
        };
    }

    private static int compareWithinType(BsonValue left, BsonValue right) {
        return switch (left.getBsonType()) {
            case INT32, INT64, DOUBLE, DECIMAL128 -> compareNumbers(left.asNumber(), right.asNumber());
            case STRING, SYMBOL -> compareText(text(left), text(right));
            case DOCUMENT -> compareDocuments(left.asDocument(), right.asDocument());
            case ARRAY -> compareArrays(left.asArray(), right.asArray());
            case BINARY -> compareBinaries(left.asBinary(), right.asBinary());
            case OBJECT_ID -> left.asObjectId().compareTo(right.asObjectId());
            case BOOLEAN -> left.asBoolean().compareTo(right.asBoolean());
            case DATE_TIME -> left.asDateTime().compareTo(right.asDateTime());
            case TIMESTAMP -> left.asTimestamp().compareTo(right.asTimestamp());
            case REGULAR_EXPRESSION -> compareRegexes(left.asRegularExpression(), right.asRegularExpression());
            case DB_POINTER -> comparePointers(left.asDBPointer(), right.asDBPointer());
            case JAVASCRIPT ->
                compareText(left.asJavaScript().getCode(), right.asJavaScript().getCode());
            case JAVASCRIPT_WITH_SCOPE -> compareScopes(left.asJavaScriptWithScope(), right.asJavaScriptWithScope());
            default -> 0;
        };
    }

    private static int compareNumbers(BsonNumber left, BsonNumber right) {
        if (isWhole(left) && isWhole(right)) {
            return Long.compare(left.longValue(), right.longValue());
        }
        int byMagnitude = Integer.compare(magnitude(left), magnitude(right));
        if (byMagnitude != 0 || magnitude(left) != 0) {
            return byMagnitude;
        }
        return exact(left).compareTo(exact(right));
    }

    private static boolean isWhole(BsonValue number) {
        return number.isInt32() || number.isInt64();
    }

    /** -2 for NaN, -1 and 1 for the infinities, 0 for what has an exact value. */
    static int magnitude(BsonNumber number) {
        if (isNaN(number)) {
            return -2;
        }
        double value =
                number.isDecimal128() ? infinityOrZero(number.asDecimal128().getValue()) : number.doubleValue();
        return Double.isInfinite(value) ? (int) Math.signum(value) : 0;
    }

    private static double infinityOrZero(Decimal128 decimal) {
        if (!decimal.isInfinite()) {
            return 0;
        }
        return decimal.isNegative() ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }

    /** The value of a number that is neither NaN nor infinite. */
    static BigDecimal exact(BsonNumber number) {
        if (isWhole(number)) {
            return BigDecimal.valueOf(number.longValue());
        }
        return number.isDouble()
                ? new BigDecimal(number.doubleValue())
                : exact(number.asDecimal128().getValue());
    }

    /** {@code bigDecimalValue()} refuses the negative zero, so the sign is taken off first. */
    private static BigDecimal exact(Decimal128 decimal) {
        BigDecimal unsigned = Decimal128.fromIEEE754BIDEncoding(decimal.getHigh() & Long.MAX_VALUE, decimal.getLow())
                .bigDecimalValue();
        return decimal.isNegative() ? unsigned.negate() : unsigned;
    }

    /** The text of a string or symbol. */
    static String text(BsonValue value) {
        return value instanceof BsonSymbol symbol
                ? symbol.getSymbol()
                : value.asString().getValue();
    }

    /** Java compares UTF-16 units, the server UTF-8 bytes: they differ beyond the basic plane. */
    private static int compareText(String left, String right) {
        if (left.equals(right)) {
            return 0;
        }
        return Arrays.compareUnsigned(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
    }

    private static int compareDocuments(BsonDocument left, BsonDocument right) {
        Iterator<Map.Entry<String, BsonValue>> rest = right.entrySet().iterator();
        for (Map.Entry<String, BsonValue> entry : left.entrySet()) {
            int order = rest.hasNext() ? compareFields(entry, rest.next()) : 1;
            if (order != 0) {
                return order;
            }
        }
        return rest.hasNext() ? -1 : 0;
    }

    private static int compareFields(Map.Entry<String, BsonValue> left, Map.Entry<String, BsonValue> right) {
        int byType = Integer.compare(rank(left.getValue()), rank(right.getValue()));
        int byName = byType != 0 ? byType : compareText(left.getKey(), right.getKey());
        return byName != 0 ? byName : compareWithinType(left.getValue(), right.getValue());
    }

    private static int compareArrays(BsonArray left, BsonArray right) {
        int shared = Math.min(left.size(), right.size());
        for (int index = 0; index < shared; index++) {
            int order = compare(left.get(index), right.get(index));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(left.size(), right.size());
    }

    private static int compareBinaries(BsonBinary left, BsonBinary right) {
        int byLength = Integer.compare(left.getData().length, right.getData().length);
        int byType = byLength != 0 ? byLength : Integer.compare(left.getType() & 0xff, right.getType() & 0xff);
        return byType != 0 ? byType : Arrays.compareUnsigned(left.getData(), right.getData());
    }

    private static int compareRegexes(BsonRegularExpression left, BsonRegularExpression right) {
        int byPattern = compareText(left.getPattern(), right.getPattern());
        return byPattern != 0 ? byPattern : compareText(left.getOptions(), right.getOptions());
    }

    private static int comparePointers(BsonDbPointer left, BsonDbPointer right) {
        byte[] leftName = left.getNamespace().getBytes(StandardCharsets.UTF_8);
        byte[] rightName = right.getNamespace().getBytes(StandardCharsets.UTF_8);
        int byLength = Integer.compare(leftName.length, rightName.length);
        int byName = byLength != 0 ? byLength : Arrays.compareUnsigned(leftName, rightName);
        return byName != 0 ? byName : left.getId().compareTo(right.getId());
    }

    private static int compareScopes(BsonJavaScriptWithScope left, BsonJavaScriptWithScope right) {
        int byCode = compareText(left.getCode(), right.getCode());
        return byCode != 0 ? byCode : compareDocuments(left.getScope(), right.getScope());
    }
}
