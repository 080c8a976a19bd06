package io.changewatch.pipeline;

import static io.changewatch.pipeline.Condition.field;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/** Conditions and events of so few names and values that many of them meet. */
final class RandomConditions {

    private static final List<String> PATHS =
            List.of("operationType", "ns.coll", "a", "b", "a.a", "a.b", "a.0", "a.b.0", "a.1.b", "b.a.b");
    private static final List<BsonValue> SCALARS = Stream.concat(
                    BsonArray.parse("""
                    [null, {$undefined: true}, 0, -0.0, {$numberDecimal: '-0.00'}, 1, {$numberLong: '1'}, 1.0,
                     {$numberDecimal: '1.0'}, {$numberDecimal: '10E-1'}, 0.1, {$numberDecimal: '0.1'},
                     {$numberLong: '9007199254740993'}, 9007199254740992.0, {$numberDecimal: '9007199254740993'},
                     {$numberDouble: 'NaN'}, {$numberDecimal: 'NaN'}, {$numberDouble: 'Infinity'},
                     {$numberDecimal: 'Infinity'}, {$numberDouble: '-Infinity'}, {$numberDecimal: '1E+6000'},
                     '', 'x', {$symbol: 'x'}, '1', '?', '\u00e4', false, true,
                     {$oid: '507f1f77bcf86cd799439011'}, {$date: {$numberLong: '1'}}, {$timestamp: {t: 0, i: 1}},
                     {$binary: {base64: 'AQI=', subType: '00'}}, {$binary: {base64: 'AQI=', subType: '80'}},
                     {$regularExpression: {pattern: 'x', options: ''}}, DBPointer('b', '507f1f77bcf86cd799439011'),
                     {$code: 'x'}, {$code: 'x', $scope: {}}, {$minKey: 1}, {$maxKey: 1}]""").stream(), Stream.of(new BsonString("\ud800")))
            .toList();

    private final SplittableRandom random;

    RandomConditions(SplittableRandom random) {
        this.random = random;
    }

    List<Condition> conditions(int count) {
        return Stream.generate(() -> condition(2)).limit(count).toList();
    }

    List<BsonDocument> events(int count) {
        return Stream.generate(() -> document(3)).limit(count).toList();
    }

    private Condition condition(int depth) {
        int kind = depth == 0 ? 0 : random.nextInt(8);
        return switch (kind) {
            case 5 -> condition(depth - 1).and(condition(depth - 1));
            case 6 -> condition(depth - 1).or(condition(depth - 1));
            case 7 -> Condition.not(condition(depth - 1));
            default -> comparison(field(PATHS.get(random.nextInt(PATHS.size()))));
        };
    }

    private Condition comparison(FieldPath path) {
        return switch (random.nextInt(10)) {
            case 0 -> path.exists();
            case 1 -> path.contains(operand());
            case 2 -> path.elemMatch(field("b").eq(operand()));
            case 3 -> path.size(random.nextInt(3));
            case 4, 5, 6 ->
                path.in(Stream.generate(this::operand).limit(random.nextInt(4)).toList());
            default -> path.eq(operand());
        };
    }

    /** The server, and so a condition, refuses undefined. */
    private BsonValue operand() {
        return Stream.generate(() -> value(1))
                .filter(value -> !value.toString().contains("BsonUndefined"))
                .findFirst()
                .orElseThrow();
    }

    private BsonValue value(int depth) {
        int kind = depth == 0 ? 0 : random.nextInt(4);
        return switch (kind) {
            case 2 -> document(depth - 1);
            case 3 -> array(depth - 1);
            default -> SCALARS.get(random.nextInt(SCALARS.size()));
        };
    }

    private BsonArray array(int depth) {
        return new BsonArray(
                Stream.generate(() -> value(depth)).limit(random.nextInt(3)).toList());
    }

    private BsonDocument document(int depth) {
        BsonDocument document = new BsonDocument();
        for (String name : List.of("operationType", "ns", "a", "b", "coll")) {
            if (random.nextBoolean()) {
                document.append(name, value(depth));
            }
        }
        return document;
    }
}
