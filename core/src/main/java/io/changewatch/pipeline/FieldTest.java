package io.changewatch.pipeline;

import java.util.List;
import java.util.regex.Pattern;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonRegularExpression;
import org.bson.BsonString;
import org.bson.BsonSymbol;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** What a condition asks of one value at a path; {@code null} stands for "missing". */
sealed interface FieldTest {

    /** Whether the server accepts the value. */
    boolean accepts(@Nullable BsonValue value);

    /** The operator for the server, such as {@code {"$gt": 5}}. */
    BsonDocument operator();

    /** The operator for "no value at the path is accepted". */
    default BsonDocument negatedOperator() {
        return new BsonDocument("$not", operator());
    }

    /** Whether an array at the end of the path offers its elements too, not just itself. */
    default boolean entersLastArray() {
        return true;
    }

    /** Equal by value; {@code null} is also equal to "missing". */
    record Equal(BsonValue value) implements FieldTest {
        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            return candidate == null ? value.isNull() : BsonOrder.compare(candidate, value) == 0;
        }

        @Override
        public BsonDocument operator() {
            return new BsonDocument("$eq", value);
        }

        /** The server refuses {@code $ne} with a regular expression. */
        @Override
        public BsonDocument negatedOperator() {
            return value.isRegularExpression() ? FieldTest.super.negatedOperator() : new BsonDocument("$ne", value);
        }
    }

    /** Before or after a bound of the same type. The ends of the order, MinKey and MaxKey, compare with every type. */
    record Range(Side side, BsonValue bound) implements FieldTest {
        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            BsonValue value = candidate == null && bound.isNull() ? BsonNull.VALUE : candidate;
            if (value == null || !BsonOrder.sameType(value, bound)) {
                return bound.getBsonType() == (side.isAfter ? BsonType.MIN_KEY : BsonType.MAX_KEY);
            }
            if (BsonOrder.isNaN(value) || BsonOrder.isNaN(bound)) {
                return side.includesBound && BsonOrder.isNaN(value) && BsonOrder.isNaN(bound);
            }
            return side.accepts(BsonOrder.compare(value, bound));
        }

        @Override
        public BsonDocument operator() {
            return new BsonDocument(side.operator, bound);
        }
    }

    /** The side of a bound. */
    enum Side {
        GREATER("$gt", true, false),
        GREATER_OR_EQUAL("$gte", true, true),
        LESS("$lt", false, false),
        LESS_OR_EQUAL("$lte", false, true);

        private final String operator;
        private final boolean isAfter;
        private final boolean includesBound;

        Side(String operator, boolean isAfter, boolean includesBound) {
            this.operator = operator;
            this.isAfter = isAfter;
            this.includesBound = includesBound;
        }

        private boolean accepts(int order) {
            return order == 0 ? includesBound : order > 0 == isAfter;
        }
    }

    /** Equal to one of the values, or a text that one of the regular expressions finds. */
    record OneOf(BsonArray values, List<FieldTest> tests) implements FieldTest {
        static OneOf of(List<BsonValue> values) {
            return new OneOf(
                    new BsonArray(values), values.stream().map(OneOf::test).toList());
        }

        private static FieldTest test(BsonValue value) {
            return value instanceof BsonRegularExpression regex ? Text.of(regex) : new Equal(value);
        }

        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            return tests.stream().anyMatch(test -> test.accepts(candidate));
        }

        @Override
        public BsonDocument operator() {
            return new BsonDocument("$in", values);
        }

        @Override
        public BsonDocument negatedOperator() {
            return new BsonDocument("$nin", values);
        }
    }

    /** A text in which the regular expression finds something, or the same regular expression as a value. */
    record Text(BsonRegularExpression regex, Pattern pattern, boolean acceptsEmpty) implements FieldTest {
        static Text of(BsonRegularExpression regex) {
            return new Text(regex, Regexes.compile(regex), Regexes.findsInEmpty(regex));
        }

        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            if (candidate instanceof BsonString string) {
                return finds(string.getValue());
            }
            return candidate instanceof BsonSymbol symbol ? finds(symbol.getSymbol()) : regex.equals(candidate);
        }

        private boolean finds(String text) {
            return text.isEmpty() ? acceptsEmpty : pattern.matcher(text).find();
        }

        @Override
        public BsonDocument operator() {
            BsonDocument operator = new BsonDocument("$regex", new BsonString(regex.getPattern()));
            return regex.getOptions().isEmpty()
                    ? operator
                    : operator.append("$options", new BsonString(regex.getOptions()));
        }
    }

    /** Present, be it null. */
    record Exists() implements FieldTest {
        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            return candidate != null;
        }

        @Override
        public BsonDocument operator() {
            return new BsonDocument("$exists", BsonBoolean.TRUE);
        }

        @Override
        public BsonDocument negatedOperator() {
            return new BsonDocument("$exists", BsonBoolean.FALSE);
        }
    }

    /** An array of this many elements. */
    record Size(int size) implements FieldTest {
        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            return candidate instanceof BsonArray array && array.size() == size;
        }

        @Override
        public BsonDocument operator() {
            return new BsonDocument("$size", new BsonInt32(size));
        }

        @Override
        public boolean entersLastArray() {
            return false;
        }
    }

    /** An array with a document (or an array, read as a document) that fulfils a condition. */
    record DocumentElement(Node condition) implements FieldTest {
        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            return candidate instanceof BsonArray array && array.stream().anyMatch(this::fulfils);
        }

        private boolean fulfils(BsonValue element) {
            return (element.isDocument() || element.isArray()) && condition.matches(element);
        }

        @Override
        public BsonDocument operator() {
            return new BsonDocument("$elemMatch", condition.toBson());
        }

        @Override
        public boolean entersLastArray() {
            return false;
        }
    }

    /** An array with an element that passes every test itself; arrays among the elements are not entered. */
    record ValueElement(List<FieldTest> tests) implements FieldTest {
        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            return candidate instanceof BsonArray array && array.stream().anyMatch(this::passes);
        }

        private boolean passes(BsonValue element) {
            return tests.stream().allMatch(test -> test.accepts(element));
        }

        @Override
        public BsonDocument operator() {
            BsonDocument operators = new BsonDocument();
            tests.forEach(test -> operators.putAll(test.operator()));
            return new BsonDocument("$elemMatch", operators);
        }

        @Override
        public boolean entersLastArray() {
            return false;
        }
    }

    /** The opposite of a test of an array's element. */
    record Negated(FieldTest test) implements FieldTest {
        @Override
        public boolean accepts(@Nullable BsonValue candidate) {
            return !test.accepts(candidate);
        }

        @Override
        public BsonDocument operator() {
            return test.negatedOperator();
        }
    }
}
