package io.changewatch.internal.decode;

import java.util.List;
import java.util.UUID;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDbPointer;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonJavaScript;
import org.bson.BsonJavaScriptWithScope;
import org.bson.BsonMaxKey;
import org.bson.BsonMinKey;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonTimestamp;
import org.bson.BsonUndefined;
import org.bson.BsonValue;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;

/** One value of every BSON type there is. */
final class BsonSamples {
    private BsonSamples() {}

    static List<BsonValue> ofEveryType() {
        return List.of(
                new BsonDouble(1.5),
                new BsonString("käse"),
                new BsonString(""),
                BsonDocument.parse("{a: {b: [1, {c: 2}]}}"),
                new BsonArray(List.of(new BsonInt32(1), new BsonString("x"))),
                new BsonBinary(new byte[] {1, 2, 3}),
                new BsonBinary(UUID.fromString("01234567-89ab-4def-8123-456789abcdef")),
                new BsonBinary((byte) 2, new byte[] {1, 2, 3}),
                new BsonUndefined(),
                new BsonObjectId(new ObjectId("65f1f1f1f1f1f1f1f1f1f1f1")),
                BsonBoolean.TRUE,
                new BsonDateTime(-1),
                BsonNull.VALUE,
                new BsonRegularExpression("^a.*", "i"),
                new BsonDbPointer("shop.orders", new ObjectId("65f1f1f1f1f1f1f1f1f1f1f1")),
                new BsonJavaScript("x => x"),
                new BsonSymbol("symbol"),
                new BsonJavaScriptWithScope("y", BsonDocument.parse("{y: 1}")),
                new BsonInt32(Integer.MIN_VALUE),
                new BsonTimestamp(5, 6),
                new BsonInt64(Long.MAX_VALUE),
                new BsonDecimal128(Decimal128.parse("12.50")),
                new BsonMinKey(),
                new BsonMaxKey());
    }
}
