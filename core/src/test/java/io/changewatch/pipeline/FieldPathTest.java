package io.changewatch.pipeline;

import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.element;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.not;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.bson.BsonMaxKey;
import org.bson.BsonMinKey;
import org.bson.BsonRegularExpression;
import org.bson.BsonUndefined;
import org.bson.Document;
import org.bson.types.Decimal128;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class FieldPathTest {

    private static final FieldPath A = field("a");

    @Nested
    class Equality {

        @Test
        void holdsAcrossNumberTypes() {
            assertBody(A.eq(1), "{a: {$eq: 1}}");
            assertMatches(A.eq(1), "{a: 1}", "{a: {$numberLong: '1'}}", "{a: 1.0}", "{a: {$numberDecimal: '1.0'}}");
            assertMatches(A.eq(Double.NaN), "{a: {$numberDecimal: 'NaN'}}");
            assertMatches(A.eq(0), "{a: -0.0}", "{a: {$numberDecimal: '-0'}}");
            assertFails(A.eq(1), "{a: '1'}", "{a: true}", "{}", "{a: {b: 1}}");
            assertFails(A.eq(0.1), "{a: {$numberDecimal: '0.1'}}");
        }

        @Test
        void looksIntoAnArrayAndComparesItAsAWhole() {
            assertMatches(A.eq(1), "{a: [2, 1]}");
            assertMatches(A.eq(List.of(1, 2)), "{a: [1, 2]}", "{a: [[1, 2]]}");
            assertFails(A.eq(List.of(1, 2)), "{a: [2, 1]}");
            assertFails(A.eq(1), "{a: [[1]]}");
        }

        @Test
        void goesThroughArraysOnTheWay() {
            assertMatches(field("a.b").eq(1), "{a: [{c: 1}, {b: 1}]}", "{a: {b: [1]}}");
            assertMatches(field("a.1.b").eq(1), "{a: [{}, {b: 1}]}");
            assertMatches(field("a.0").eq(1), "{a: [1]}", "{a: {'0': 1}}");
            assertFails(field("a.0").eq(1), "{a: [[1]]}", "{a: [2, 1]}");
            assertFails(field("a.b").eq(1), "{a: [[{b: 1}]]}");
        }

        @Test
        void takesMissingForNull() {
            assertMatches(A.eq(null), "{a: null}", "{}", "{a: [null]}");
            assertMatches(field("a.b").eq(null), "{a: 5}", "{a: [{}]}");
            assertFails(field("a.b").eq(null), "{a: []}", "{a: [5]}");
            assertFails(A.ne(null), "{}", "{a: null}");
        }

        @Test
        void comparesDocumentsInTheOrderOfTheirFields() {
            assertMatches(A.eq(new Document("x", 1).append("y", 2)), "{a: {x: 1, y: 2}}");
            assertFails(A.eq(new Document("x", 1).append("y", 2)), "{a: {y: 2, x: 1}}", "{a: {x: 1}}");
        }

        @Test
        void isNegatedAsAWhole() {
            assertBody(A.ne(1), "{a: {$ne: 1}}");
            assertMatches(A.ne(1), "{}", "{a: [2]}");
            assertFails(A.ne(1), "{a: [2, 1]}");
        }

        @Test
        void comparesARegularExpressionAsAValue() {
            BsonRegularExpression regex = new BsonRegularExpression("x", "i");
            assertBody(A.ne(regex), "{a: {$not: {$eq: {$regularExpression: {pattern: 'x', options: 'i'}}}}}");
            assertMatches(A.eq(regex), "{a: {$regularExpression: {pattern: 'x', options: 'i'}}}");
            assertFails(A.eq(regex), "{a: 'x'}");
        }
    }

    @Nested
    class Membership {

        @Test
        void acceptsOneOfTheValues() {
            assertBody(A.in(1, "x"), "{a: {$in: [1, 'x']}}");
            assertMatches(A.in(1, "x"), "{a: 'x'}", "{a: [0, 1]}");
            assertMatches(A.in(List.of("x")), "{a: 'x'}");
            assertFails(A.in(1, "x"), "{}", "{a: 2}");
            assertFails(A.in(List.of()), "{}", "{a: 1}");
        }

        @Test
        void takesMissingForNull() {
            assertMatches(A.in(Arrays.asList(1, null)), "{}", "{a: null}");
            assertFails(A.nin(1, null), "{}");
        }

        @Test
        void searchesWithRegularExpressions() {
            assertMatches(A.in(Pattern.compile("^x"), 1), "{a: 'xy'}", "{a: 1}");
            assertFails(A.in(Pattern.compile("^x")), "{a: 'yx'}");
        }

        @Test
        void isNegatedAsAWhole() {
            assertBody(A.nin(1, 2), "{a: {$nin: [1, 2]}}");
            assertBody(A.nin(List.of(1)), "{a: {$nin: [1]}}");
            assertMatches(A.nin(1, 2), "{}", "{a: 3}");
            assertFails(A.nin(1, 2), "{a: [3, 2]}");
        }
    }

    @Nested
    class Order {

        @Test
        void comparesWithinAType() {
            assertBody(A.gt(1), "{a: {$gt: 1}}");
            assertBody(A.gte(1), "{a: {$gte: 1}}");
            assertBody(A.lt(1), "{a: {$lt: 1}}");
            assertBody(A.lte(1), "{a: {$lte: 1}}");
            assertMatches(A.gt(1), "{a: 1.5}", "{a: {$numberDecimal: 'Infinity'}}", "{a: [0, 2]}");
            assertFails(A.gt(1), "{a: 1}", "{a: '2'}", "{a: true}", "{}", "{a: {$maxKey: 1}}");
            assertMatches(A.gte(1), "{a: 1}");
            assertMatches(A.lt("b"), "{a: 'a'}");
            assertFails(A.lt("b"), "{a: 'b'}", "{a: 1}");
            assertMatches(A.lte("b"), "{a: 'b'}");
        }

        @Test
        void comparesNumbersExactly() {
            assertMatches(A.gt(9007199254740992.0), "{a: {$numberLong: '9007199254740993'}}");
            assertMatches(A.lt(0.1), "{a: {$numberDecimal: '0.1'}}");
            assertMatches(A.lt(new Decimal128(2)), "{a: {$numberLong: '1'}}");
        }

        @Test
        void findsNotANumberEqualToItselfOnly() {
            assertMatches(A.gte(Double.NaN), "{a: {$numberDouble: 'NaN'}}");
            assertFails(A.gt(Double.NaN), "{a: 1}", "{a: {$numberDouble: 'NaN'}}");
            assertFails(A.lt(1), "{a: {$numberDouble: 'NaN'}}");
        }

        @Test
        void takesMissingForNull() {
            assertMatches(A.gte(null), "{}", "{a: null}");
            assertMatches(A.lte(null), "{}");
            assertFails(A.gt(null), "{}", "{a: 1}");
        }

        @Test
        void comparesTheEndsWithEveryType() {
            assertMatches(A.lt(new BsonMaxKey()), "{a: 1}", "{}", "{a: null}");
            assertMatches(A.gt(new BsonMinKey()), "{a: 1}", "{}");
            assertFails(A.gt(new BsonMaxKey()), "{a: 1}");
            assertMatches(A.gte(new BsonMaxKey()), "{a: {$maxKey: 1}}");
        }

        @Test
        void refusesARegularExpression() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.gt(Pattern.compile("x")))
                    .withMessage("Cannot compare 'a' with a regular expression by order. Use regex(..) to search, or"
                            + " eq(..) for the expression itself.");
        }
    }

    @Nested
    class Existence {

        @Test
        void tellsNullFromMissing() {
            assertBody(A.exists(), "{a: {$exists: true}}");
            assertBody(A.exists(false), "{a: {$exists: false}}");
            assertMatches(A.exists(), "{a: null}", "{a: []}");
            assertFails(A.exists(), "{b: 1}");
            assertMatches(field("a.b").exists(), "{a: [{b: 1}, {}]}");
            assertMatches(field("a.b").exists(false), "{a: [{}]}", "{a: []}", "{a: 1}");
        }
    }

    @Nested
    class RegularExpressions {

        @Test
        void searchTexts() {
            assertThat(A.regex("^x")).hasToString("{\"a\": {\"$regex\": \"^x\"}}");
            assertThat(A.regex("^x", "i")).hasToString("{\"a\": {\"$regex\": \"^x\", \"$options\": \"i\"}}");
            assertThat(not(A.regex("x"))).hasToString("{\"a\": {\"$not\": {\"$regex\": \"x\"}}}");
            assertMatches(A.regex("b"), "{a: 'abc'}", "{a: [1, 'b']}");
            assertFails(A.regex("1"), "{a: 1}", "{}");
            assertMatches(A.regex("É", "i"), "{a: 'é'}");
            assertFails(A.regex("a.b"), "{a: 'a\\nb'}");
            assertMatches(A.regex("a.b", "s"), "{a: 'a\\nb'}");
            assertMatches(A.regex("^b", "m"), "{a: 'a\\nb'}");
        }

        @Test
        void searchAnEmptyTextOfSeveralLines() {
            assertMatches(A.regex("^$", "m"), "{a: ''}");
        }

        @Test
        void takeOverTheFlagsThatTheServerKnows() {
            int flags = Pattern.CASE_INSENSITIVE
                    | Pattern.UNICODE_CASE
                    | Pattern.MULTILINE
                    | Pattern.DOTALL
                    | Pattern.COMMENTS;
            assertThat(A.regex(Pattern.compile("x", flags)))
                    .hasToString("{\"a\": {\"$regex\": \"x\", \"$options\": \"imsx\"}}");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.regex(Pattern.compile("x", Pattern.LITERAL)))
                    .withMessage("Regular expression 'x' has flags that the server does not know (16). Use"
                            + " CASE_INSENSITIVE, MULTILINE, DOTALL and COMMENTS only.");
        }

        @Test
        void areRefusedIfTheyAreInvalid() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.regex("("))
                    .withMessage("Regular expression '(' is invalid: Unclosed group.");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.regex("x", "g"))
                    .withMessage(
                            "Regular expression 'x' has the option 'g', which the server does not know. Use i, m, s"
                                    + " and x only.");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.regex("\0"))
                    .withMessage("A regular expression for the server cannot hold the character U+0000.");
        }
    }

    @Nested
    class OfArrays {

        @Test
        void haveAnElementThatFulfilsAllOfACondition() {
            Condition condition = A.elemMatch(field("x").eq(1).and(field("y").gt(2)));

            assertBody(condition, "{a: {$elemMatch: {$and: [{x: {$eq: 1}}, {y: {$gt: 2}}]}}}");
            assertMatches(condition, "{a: [{x: 1, y: 3}]}");
            assertFails(condition, "{a: [{x: 1}, {y: 3}]}", "{a: {x: 1, y: 3}}", "{}");
        }

        @Test
        void haveAnElementThatPassesAllTests() {
            Condition condition = A.elemMatch(
                    element().gte(80).and(element().lt(85)).and(not(element().eq(81))));

            assertBody(condition, "{a: {$elemMatch: {$gte: 80, $lt: 85, $ne: 81}}}");
            assertMatches(condition, "{a: [70, 82]}");
            assertFails(condition, "{a: [70, 90]}", "{a: 82}", "{a: [81]}", "{a: [[82]]}");
        }

        @Test
        void refuseAMixtureOfElementAndFields() {
            String message = "Inside elemMatch(..), element() can be joined by and with element() only. Use field(..)"
                    + " alone, or join several elemMatch(..) by or.";
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.elemMatch(element().eq(1).and(field("x").eq(1))))
                    .withMessage(message);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.elemMatch(element().eq(1).or(element().eq(2))))
                    .withMessage(message);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.elemMatch(element().gt(1).and(element().gt(2))))
                    .withMessage(
                            "Inside elemMatch(..), the operator $gt of element() can be used once only. Combine its"
                                    + " values, such as with in(..).");
        }

        @Test
        void refuseQuestionsAboutAnUpdate() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.elemMatch(field("x").eq(1).and(changed("y"))))
                    .withMessage(
                            "changed(..) and changedTo(..) are about an event, not about an element of an array. Join"
                                    + " them outside of elemMatch(..).");
        }

        @Test
        void containAnElement() {
            assertBody(A.contains(1), "{a: {$elemMatch: {$eq: 1}}}");
            assertMatches(A.contains(1), "{a: [2, 1]}");
            assertMatches(A.contains(null), "{a: [null]}");
            assertFails(A.contains(1), "{a: 1}", "{a: [[1]]}");
            assertFails(A.contains(null), "{}", "{a: []}");
        }

        @Test
        void haveASize() {
            assertBody(A.size(2), "{a: {$size: 2}}");
            assertMatches(A.size(2), "{a: [1, 2]}");
            assertFails(A.size(2), "{a: [[1, 2]]}", "{a: 2}", "{}");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.size(-1))
                    .withMessage("An array cannot have -1 elements. Give 0 or more.");
        }
    }

    @Nested
    class Values {

        @Test
        void areWhatTheDriversCodecsKnow() {
            assertBody(A.eq(Instant.ofEpochMilli(1)), "{a: {$eq: {$date: {$numberLong: '1'}}}}");
            assertBody(A.eq(Thread.State.NEW), "{a: {$eq: 'NEW'}}");
            assertBody(
                    A.eq(new UUID(0, 1)), "{a: {$eq: {$binary: {base64: 'AAAAAAAAAAAAAAAAAAAAAQ==', subType: '04'}}}}");
            assertBody(A.eq(Arrays.asList(1, null)), "{a: {$eq: [1, null]}}");
        }

        @Test
        void areRefusedIfNoCodecKnowsThem() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.eq(new Thread()))
                    .withMessage(
                            "Values of class java.lang.Thread have no BSON form by the driver's default codecs. Give a"
                                    + " string, a number, a date, a BsonValue or a Document instead.");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> A.in(new BsonUndefined()))
                    .withMessage("The server does not compare with undefined. Use null, or exists(false) for a missing"
                            + " field.");
        }
    }

    @Nested
    class Names {

        @Test
        void areJoinedByDots() {
            assertThat(document("address").field("city").path()).isEqualTo("fullDocument.address.city");
            assertThat(document("items.0")).hasToString("fullDocument.items.0");
        }

        @Test
        void areRefusedIfAPartIsEmpty() {
            for (String path : List.of("", "a..b", ".a", "a.")) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> document(path))
                        .withMessage(
                                "'" + path + "' is not a path: it has an empty part or the character U+0000. Write the"
                                        + " names of the fields, joined by single dots, such as address.city.");
            }
        }

        @Test
        void ofAnElementHaveNoMeaningOutsideOfAnArray() {
            String message = "element() is the element of an array and has a meaning inside elemMatch(..) only, there"
                    + " alone or joined by and. Use document(..) or field(..) here.";
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.matching(element().eq(1)))
                    .withMessage(message);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> element().eq(1).matches(new BsonDocument()))
                    .withMessage(message);
        }
    }

    private static void assertBody(Condition condition, String json) {
        assertThat(condition.toBson()).isEqualTo(BsonDocument.parse(json));
    }

    private static void assertMatches(Condition condition, String... events) {
        for (String event : events) {
            assertThat(condition.matches(BsonDocument.parse(event)))
                    .as("%s accepts %s", condition, event)
                    .isTrue();
        }
    }

    private static void assertFails(Condition condition, String... events) {
        for (String event : events) {
            assertThat(condition.matches(BsonDocument.parse(event)))
                    .as("%s accepts %s", condition, event)
                    .isFalse();
        }
    }
}
