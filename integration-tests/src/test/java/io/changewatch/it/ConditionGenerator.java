package io.changewatch.it;

import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.changedTo;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.documentBefore;
import static io.changewatch.pipeline.Condition.documentKey;
import static io.changewatch.pipeline.Condition.element;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.namespace;
import static io.changewatch.pipeline.Condition.not;
import static io.changewatch.pipeline.Condition.operation;
import static io.changewatch.pipeline.Condition.removed;

import com.mongodb.client.model.Updates;
import io.changewatch.event.Namespace;
import io.changewatch.event.OperationType;
import io.changewatch.pipeline.Condition;
import io.changewatch.pipeline.FieldPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
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
import org.bson.BsonValue;
import org.bson.conversions.Bson;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;

/**
 * Makes events and conditions by chance, from few names and few values so that they meet. What it makes depends on the
 * seed alone, given the same calls.
 */
final class ConditionGenerator {

    private static final List<String> NAMES = List.of("a", "b", "c", "0", "1");
    private static final List<String> REGEXES = List.of("^a", "a$", "B", "a.b", "^$", "[^a]", "é", "b|A", "\\d", "\\.");
    private static final List<OperationType> OPERATIONS =
            List.of(OperationType.INSERT, OperationType.UPDATE, OperationType.REPLACE, OperationType.DELETE);
    private static final List<BsonValue> SCALARS = List.of(
            BsonNull.VALUE,
            BsonNull.VALUE,
            new BsonInt32(0),
            new BsonInt32(1),
            new BsonInt32(2),
            new BsonInt64(1),
            new BsonInt64(Long.MAX_VALUE),
            new BsonInt64(9007199254740993L),
            new BsonDouble(9007199254740992.0),
            new BsonDouble(1.0),
            new BsonDouble(0.1),
            new BsonDouble(-0.0),
            new BsonDouble(Double.NaN),
            new BsonDouble(Double.POSITIVE_INFINITY),
            new BsonDouble(Double.NEGATIVE_INFINITY),
            decimal("1.0"),
            decimal("0.1"),
            decimal("-0"),
            decimal("1E+6000"),
            decimal("NaN"),
            decimal("Infinity"),
            decimal("-Infinity"),
            new BsonString(""),
            new BsonString("a"),
            new BsonString("A"),
            new BsonString("ab"),
            new BsonString("a\nb"),
            new BsonString("é"),
            new BsonString("É"),
            new BsonString("\uFFFD"),
            new BsonString("\uD83D\uDE00"),
            new BsonSymbol("a"),
            BsonBoolean.TRUE,
            BsonBoolean.FALSE,
            new BsonDateTime(-1),
            new BsonDateTime(1_700_000_000_000L),
            new BsonTimestamp(1, 1),
            new BsonTimestamp(-1, 1),
            new BsonObjectId(new ObjectId("507f1f77bcf86cd799439011")),
            new BsonObjectId(new ObjectId("ff7f1f77bcf86cd799439011")),
            new BsonBinary(new byte[] {1, 2}),
            new BsonBinary(new byte[] {(byte) 0xff}),
            new BsonBinary((byte) 0x80, new byte[] {1, 2}),
            new BsonRegularExpression("a"),
            new BsonRegularExpression("a", "i"),
            new BsonJavaScript("a"),
            new BsonJavaScriptWithScope("a", new BsonDocument("x", new BsonInt32(1))),
            new BsonMinKey(),
            new BsonMaxKey());

    private final Random random;
    private final List<BsonValue> seen = new ArrayList<>();

    ConditionGenerator(long seed) {
        this.random = new Random(seed);
    }

    private static BsonValue decimal(String value) {
        return new BsonDecimal128(Decimal128.parse(value));
    }

    /** An event as the server shapes it, with the given {@code _id}. */
    BsonDocument event(int id) {
        OperationType operation = oneOf(OPERATIONS);
        BsonDocument event = new BsonDocument("_id", new BsonInt32(id))
                .append("operationType", new BsonString(operation.value()))
                .append("ns", new BsonDocument("db", text("shop", "bank")).append("coll", text("orders", "items")))
                .append("documentKey", new BsonDocument("_id", value(1)));
        if (chance(8)) {
            event.append("fullDocument", chance(9) ? someDocument(3) : BsonNull.VALUE);
        }
        if (chance(4)) {
            event.append("fullDocumentBeforeChange", someDocument(2));
        }
        return operation == OperationType.UPDATE ? event.append("updateDescription", updateDescription()) : event;
    }

    private BsonDocument updateDescription() {
        BsonDocument updated = new BsonDocument();
        times(3, () -> updated.append(path(), value(2)));
        BsonArray removed = new BsonArray(times(2, () -> new BsonString(path())));
        BsonArray truncated = new BsonArray(
                times(1, () -> new BsonDocument("field", new BsonString(path())).append("newSize", new BsonInt32(1))));
        return new BsonDocument("updatedFields", updated)
                .append("removedFields", removed)
                .append("truncatedArrays", truncated);
    }

    /** A document of up to four fields. */
    BsonDocument someDocument(int depth) {
        BsonDocument document = new BsonDocument();
        times(4, () -> document.append(oneOf(NAMES), value(depth - 1)));
        return document;
    }

    private BsonValue value(int depth) {
        BsonValue value = freshValue(depth);
        seen.add(value);
        return value;
    }

    private BsonValue freshValue(int depth) {
        int kind = depth > 0 ? random.nextInt(10) : 9;
        if (kind < 3) {
            return someDocument(depth);
        }
        return kind < 6 ? new BsonArray(times(3, () -> value(depth - 1))) : oneOf(SCALARS);
    }

    /** An update, by a change of one field or the replacement of the whole; the server may refuse it. */
    Bson update() {
        return switch (random.nextInt(3)) {
            case 0 -> Updates.unset(path());
            case 1 -> Updates.push(path(), probe());
            default -> Updates.set(path(), probe());
        };
    }

    /** A condition of up to a few parts. */
    Condition condition() {
        return condition(2, this::leaf);
    }

    /** A condition that a membership may have. */
    Condition ofDocument() {
        return condition(2, () -> test(chance(9) ? document(path()) : documentKey("_id")));
    }

    private Condition condition(int depth, Supplier<Condition> leaf) {
        int kind = depth > 0 ? random.nextInt(8) : 7;
        return switch (kind) {
            case 0 -> condition(depth - 1, leaf).and(condition(depth - 1, leaf));
            case 1 -> condition(depth - 1, leaf).or(condition(depth - 1, leaf));
            case 2 -> not(condition(depth - 1, leaf));
            default -> leaf.get();
        };
    }

    private Condition leaf() {
        return switch (random.nextInt(16)) {
            case 0 -> operation(oneOf(OPERATIONS), oneOf(OPERATIONS));
            case 1 -> chance(5) ? namespace("orders") : namespace(Namespace.of("shop", "items"), Namespace.of("bank"));
            case 2 -> changed(path());
            case 3 -> changedTo(path(), probe());
            case 4 -> removed(path());
            case 5 -> test(documentKey("_id"));
            case 6 -> test(documentBefore(path()));
            default -> test(document(path()));
        };
    }

    private Condition test(FieldPath path) {
        return switch (random.nextInt(18)) {
            case 0, 1, 2 -> path.eq(probe());
            case 3 -> path.ne(probe());
            case 4 -> path.in(probe(), probe(), probe());
            case 5 -> path.nin(probe(), probe());
            case 6 -> path.gt(bound());
            case 7 -> path.gte(bound());
            case 8 -> path.lt(bound());
            case 9 -> path.lte(bound());
            case 10 -> path.exists();
            case 11 -> path.exists(false);
            case 12 -> path.regex(oneOf(REGEXES), oneOf(List.of("", "i", "m", "s")));
            case 13 -> path.size(random.nextInt(4));
            case 14 -> path.contains(probe());
            case 15, 16 -> path.elemMatch(condition(1, () -> test(field(path()))));
            default -> path.elemMatch(ofElement());
        };
    }

    private Condition ofElement() {
        List<Function<FieldPath, Condition>> tests = List.of(
                element -> element.gte(bound()),
                element -> element.lt(bound()),
                element -> element.ne(bound()),
                element -> element.in(probe(), probe()),
                element -> element.regex(oneOf(REGEXES)),
                element -> not(element.size(1)),
                element -> element.elemMatch(field(path()).eq(probe())));
        int first = random.nextInt(tests.size());
        Condition condition = tests.get(first).apply(element());
        int second = random.nextInt(tests.size());
        return first == second ? condition : condition.and(tests.get(second).apply(element()));
    }

    private BsonValue bound() {
        BsonValue bound = probe();
        return bound.isRegularExpression() ? BsonNull.VALUE : bound;
    }

    /** A value to ask for: often one that an event holds somewhere. */
    private BsonValue probe() {
        return chance(7) && !seen.isEmpty() ? oneOf(seen) : value(2);
    }

    private String path() {
        return IntStream.rangeClosed(0, chance(6) ? 0 : random.nextInt(3))
                .mapToObj(part -> oneOf(NAMES))
                .collect(Collectors.joining("."));
    }

    private BsonString text(String often, String seldom) {
        return new BsonString(chance(7) ? often : seldom);
    }

    private boolean chance(int ofTen) {
        return random.nextInt(10) < ofTen;
    }

    private <T> T oneOf(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    private <T> List<T> times(int atMost, Supplier<T> make) {
        return new ArrayList<>(
                Stream.generate(make).limit(random.nextInt(atMost + 1)).toList());
    }
}
