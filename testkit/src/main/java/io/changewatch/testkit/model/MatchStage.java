package io.changewatch.testkit.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/**
 * A {@code $match} as the server understands it, as far as tests of an application need: comparisons, {@code $in},
 * {@code $exists}, {@code $not} and the logical operators, on paths that may lead through arrays.
 *
 * @param body what must hold
 */
record MatchStage(BsonDocument body) implements Predicate<BsonDocument> {

    /**
     * A stage that has been tried.
     *
     * @throws com.mongodb.MongoException if it has an operator that is not known here
     */
    static MatchStage of(BsonDocument body) {
        MatchStage stage = new MatchStage(body);
        stage.test(new BsonDocument());
        return stage;
    }

    @Override
    public boolean test(BsonDocument event) {
        boolean holds = true;
        for (var condition : body.entrySet()) {
            holds &= holds(condition.getKey(), condition.getValue(), event); // all of them, so that each is known
        }
        return holds;
    }

    private static boolean holds(String name, BsonValue value, BsonDocument event) {
        return switch (name) {
            case "$and" -> outcomes(value, event).stream().allMatch(Boolean::booleanValue);
            case "$or" -> outcomes(value, event).contains(true);
            case "$nor" -> !outcomes(value, event).contains(true);
            default -> {
                if (name.startsWith("$")) {
                    throw unknown(name);
                }
                yield fieldHolds(value, valuesAt(event, name));
            }
        };
    }

    private static List<Boolean> outcomes(BsonValue conditions, BsonDocument event) {
        return conditions.asArray().stream()
                .map(body -> new MatchStage(body.asDocument()).test(event))
                .toList();
    }

    private static boolean fieldHolds(BsonValue test, List<BsonValue> found) {
        if (test.isRegularExpression()) {
            throw unknown("a regular expression");
        }
        if (!test.isDocument() || test.asDocument().keySet().stream().noneMatch(name -> name.startsWith("$"))) {
            return equalsAny(test, found);
        }
        boolean holds = true;
        for (var operator : test.asDocument().entrySet()) {
            holds &= operatorHolds(operator.getKey(), operator.getValue(), found);
        }
        return holds;
    }

    private static boolean operatorHolds(String operator, BsonValue value, List<BsonValue> found) {
        return switch (operator) {
            case "$eq" -> equalsAny(value, found);
            case "$ne" -> !equalsAny(value, found);
            case "$in" -> value.asArray().stream().anyMatch(one -> equalsAny(one, found));
            case "$nin" -> value.asArray().stream().noneMatch(one -> equalsAny(one, found));
            case "$gt" -> compares(value, found, order -> order > 0);
            case "$gte" -> compares(value, found, order -> order >= 0);
            case "$lt" -> compares(value, found, order -> order < 0);
            case "$lte" -> compares(value, found, order -> order <= 0);
            case "$exists" -> value.asBoolean().getValue() != found.isEmpty();
            case "$not" -> !fieldHolds(value, found);
            default -> throw unknown(operator);
        };
    }

    private static boolean equalsAny(BsonValue value, List<BsonValue> found) {
        return (found.isEmpty() && value.isNull()) || found.stream().anyMatch(one -> isEqual(one, value));
    }

    private static boolean isEqual(BsonValue one, BsonValue other) {
        return (one.isNumber() && other.isNumber()) ? order(one, other) == 0 : one.equals(other);
    }

    private static boolean compares(BsonValue value, List<BsonValue> found, IntPredicate wanted) {
        return found.stream().filter(one -> isComparable(one, value)).anyMatch(one -> wanted.test(order(one, value)));
    }

    private static boolean isComparable(BsonValue one, BsonValue other) {
        return one.isNumber() ? other.isNumber() : one.getBsonType() == other.getBsonType();
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // both are of one type
    private static int order(BsonValue one, BsonValue other) {
        if (one.isNumber()) {
            return one.asNumber()
                    .decimal128Value()
                    .bigDecimalValue()
                    .compareTo(other.asNumber().decimal128Value().bigDecimalValue());
        }
        if (one instanceof Comparable comparable) {
            return comparable.compareTo(other);
        }
        throw unknown("a comparison of " + one.getBsonType());
    }

    /** What a path leads to; arrays on the way give each of their elements, one at the end also itself. */
    private static List<BsonValue> valuesAt(BsonValue from, String path) {
        int dot = path.indexOf('.');
        String name = dot < 0 ? path : path.substring(0, dot);
        if (!(from instanceof BsonDocument document) || !document.containsKey(name)) {
            return List.of();
        }
        BsonValue value = document.get(name);
        return dot < 0 ? withElements(value) : below(value, path.substring(dot + 1));
    }

    private static List<BsonValue> withElements(BsonValue value) {
        List<BsonValue> values = new ArrayList<>(List.of(value));
        if (value instanceof BsonArray array) {
            values.addAll(array);
        }
        return values;
    }

    private static List<BsonValue> below(BsonValue value, String rest) {
        if (!(value instanceof BsonArray array)) {
            return valuesAt(value, rest);
        }
        return array.stream()
                .flatMap(element -> valuesAt(element, rest).stream())
                .toList();
    }

    private static RuntimeException unknown(String what) {
        return ServerErrors.command(
                40324,
                "ScriptedServer",
                "The scripted replica set does not know " + what
                        + " in a $match. Test this pipeline against a real server: see " + "LocalReplicaSet.");
    }
}
