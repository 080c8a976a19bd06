package io.changewatch.pipeline;

import static io.changewatch.event.OperationType.DELETE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.changedTo;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.element;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.namespace;
import static io.changewatch.pipeline.Condition.not;
import static io.changewatch.pipeline.Condition.operation;
import static io.changewatch.pipeline.Condition.removed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonRegularExpression;
import org.bson.types.Decimal128;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ConditionIndexTest {

    private static final FieldPath A = field("a");

    private final KeyBuckets<IndexedCondition<String>> buckets = new KeyBuckets<>();
    private final ConditionIndex<String> index = new ConditionIndex<>(buckets);

    @Test
    void findsWhatAnEventFulfils() {
        index.add(A.eq(1), "one");
        index.add(A.eq(2), "two");
        index.add(A.in(2, 3), "two or three");

        assertThat(matching("{a: 1}")).containsExactly("one");
        assertThat(matching("{a: 2}")).containsExactlyInAnyOrder("two", "two or three");
        assertThat(matching("{a: 4}")).isEmpty();
        assertThat(index.size()).isEqualTo(3);
    }

    @Test
    void findsNothingForAConditionThatNoEventFulfils() {
        index.add(A.in(), "never");

        assertThat(candidates("{a: 1}")).isZero();
        assertThat(index.remove("never")).isTrue();
    }

    @Test
    void findsAValueOnceWhenAnEventHasSeveralOfItsKeys() {
        index.add(A.in(1, 2).or(field("b").eq(3)), "value");

        assertThat(matching("{a: [1, 2, 1], b: 3}")).containsExactly("value");
    }

    @Test
    void findsConditionsJoinedByAndOnlyIfAllHold() {
        index.add(A.eq(1).and(field("b").gt(5)), "value");

        assertThat(matching("{a: 1, b: 6}")).containsExactly("value");
        assertThat(matching("{a: 1, b: 5}")).isEmpty();
    }

    @Test
    void findsConditionsJoinedByOrIfOneHolds() {
        index.add(A.eq(1).or(field("b").eq(2)), "both asked by value");
        index.add(A.eq(1).or(field("b").gt(2)), "one asked by range");

        assertThat(matching("{b: 2}")).containsExactly("both asked by value");
        assertThat(matching("{b: 3}")).containsExactly("one asked by range");
        assertThat(matching("{a: 1}")).hasSize(2);
    }

    @Test
    void findsNullWhereTheFieldIsNullOrMissing() {
        index.add(field("a.b").eq(null), "value");

        assertThat(matching("{}")).containsExactly("value");
        assertThat(matching("{a: 1}")).containsExactly("value");
        assertThat(matching("{a: {b: null}}")).containsExactly("value");
        assertThat(matching("{a: [{b: 1}, {}]}")).containsExactly("value");
        assertThat(matching("{a: []}")).isEmpty();
        assertThat(matching("{a: {b: 1}}")).isEmpty();
    }

    @Test
    void looksIntoArrays() {
        index.add(field("items.sku").eq("A"), "some");
        index.add(field("items.0.sku").eq("A"), "first");
        index.add(field("items").eq(List.of("A", "B")), "whole");

        assertThat(matching("{items: [{sku: 'A'}]}")).containsExactlyInAnyOrder("some", "first");
        assertThat(matching("{items: [{sku: 'B'}, {sku: ['C', 'A']}]}")).containsExactly("some");
        assertThat(matching("{items: ['A', 'B']}")).containsExactly("whole");
    }

    @Test
    void findsNumbersAcrossTheirTypes() {
        index.add(A.eq(1), "int");
        index.add(A.eq(1L), "long");
        index.add(A.eq(1.0), "double");
        index.add(A.eq(Decimal128.parse("1")), "decimal");
        index.add(A.eq(Decimal128.parse("1.0")), "longer decimal");
        index.add(A.eq("1"), "text");

        for (String one : List.of("1", "{$numberLong: '1'}", "1.0", "{$numberDecimal: '1.00'}")) {
            assertThat(matching("{a: " + one + "}"))
                    .containsExactly("int", "long", "double", "decimal", "longer decimal");
        }
    }

    @Test
    void findsTheNumbersThatHaveSeveralForms() {
        index.add(A.eq(0), "zero");
        index.add(A.eq(Double.NaN), "NaN");
        index.add(A.eq(Decimal128.POSITIVE_INFINITY), "infinity");

        assertThat(matching("{a: -0.0}")).containsExactly("zero");
        assertThat(matching("{a: {$numberDecimal: '-0E+3'}}")).containsExactly("zero");
        assertThat(matching("{a: {$numberDecimal: 'NaN'}}")).containsExactly("NaN");
        assertThat(matching("{a: {$numberDouble: 'Infinity'}}")).containsExactly("infinity");
        assertThat(matching("{a: {$numberDouble: '-Infinity'}}")).isEmpty();
    }

    @Test
    void findsATextThatIsASymbol() {
        index.add(A.eq("x"), "value");

        assertThat(matching("{a: {$symbol: 'x'}}")).containsExactly("value");
    }

    @Test
    void comparesDocumentsThatShareABucket() {
        index.add(A.eq(BsonDocument.parse("{b: 1}")), "one");
        index.add(A.eq(BsonDocument.parse("{b: 2}")), "two");

        assertThat(matching("{a: {b: 1.0}}")).containsExactly("one");
    }

    @Test
    void asksTheConditionsThatNameNoValueAboutEveryEvent() {
        index.add(A.ne(1), "ne");
        index.add(A.gt(1), "gt");
        index.add(A.exists(), "exists");
        index.add(A.regex("^x"), "regex");
        index.add(A.in(7, new BsonRegularExpression("^x")), "in with a regex");
        index.add(A.eq(new BsonRegularExpression("^x")), "eq of a regex");
        index.add(A.contains(1), "contains");
        index.add(A.size(1), "size");
        index.add(not(A.eq(1).and(field("b").eq(2))), "not");
        index.add(changed("a"), "changed");
        index.add(changedTo("a", 1), "changedTo");

        assertThat(candidates("{}")).isEqualTo(index.size());
        assertThat(matching("{}")).containsExactly("ne", "not");
        assertThat(matching("{a: 'xy'}")).containsExactly("ne", "exists", "regex", "in with a regex", "not");
        assertThat(matching("{a: [1]}")).containsExactly("exists", "contains", "size", "not");
        assertThat(matching("{operationType: 'update', updateDescription: {updatedFields: {a: 1}}}"))
                .containsExactly("ne", "not", "changed", "changedTo");
    }

    @Test
    void readsTheFieldsOfTheEventItself() {
        index.add(operation(INSERT, DELETE), "operation");
        index.add(namespace("orders"), "namespace");
        index.add(removed("address.city"), "removed");

        assertThat(matching("{operationType: 'delete', ns: {db: 'shop', coll: 'items'}}"))
                .containsExactly("operation");
        assertThat(matching("{operationType: 'drop', ns: {db: 'shop', coll: 'orders'}}"))
                .containsExactly("namespace");
        assertThat(matching("{operationType: 'update', updateDescription: {removedFields: ['x', 'address']}}"))
                .containsExactly("removed");
    }

    @Test
    void leavesNothingBehindWhenAValueIsRemoved() {
        index.add(A.in(1, 2).and(operation(INSERT)), "asked by value");
        index.add(A.gt(1), "asked by range");

        assertThat(index.remove("asked by value")).isTrue();
        assertThat(index.remove("asked by value")).isFalse();
        assertThat(matching("{a: 2, operationType: 'insert'}")).containsExactly("asked by range");
        assertThat(index.remove("asked by range")).isTrue();
        assertThat(index.size()).isZero();
        assertThat(buckets.isEmpty()).isTrue();
    }

    @Test
    void keepsWhatSharesABucketWithWhatIsRemoved() {
        index.add(A.eq(1), "gone");
        index.add(A.in(1, 2), "kept");
        index.remove("gone");

        assertThat(matching("{a: 1}")).containsExactly("kept");
    }

    @Test
    void takesAValueOnceUntilItIsRemoved() {
        index.add(A.eq(1), "value");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> index.add(A.eq(2), "value"))
                .withMessage(
                        "The value value is in the index already, and a value has one condition. Remove it first, or"
                                + " join its conditions by or(..).");
        assertThat(matching("{a: 2}")).isEmpty();
        index.remove("value");
        index.add(A.eq(2), "value");
        assertThat(matching("{a: 2}")).containsExactly("value");
    }

    @Test
    void refusesAConditionThatHasNoMeaning() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> index.add(A.eq(1).and(not(element().eq(1))), "value"))
                .withMessageStartingWith("element() is the element of an array");
        assertThat(index.size()).isZero();
    }

    @Test
    void missesNothingThatStaysWhileOthersComeAndGo() {
        BsonDocument event = BsonDocument.parse("{a: 1}");
        index.add(A.eq(1), "stays");
        CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
            for (int round = 0; round < 20_000; round++) {
                index.add(A.in(1, round), "comes and goes");
                index.remove("comes and goes");
            }
        });

        do {
            assertThat(index.matching(event)).contains("stays").doesNotHaveDuplicates();
        } while (!changes.isDone());
        changes.join();
        assertThat(index.matching(event)).containsExactly("stays");
    }

    @Test
    void findsWhatAskingEachConditionFinds() {
        RandomConditions random = new RandomConditions(new SplittableRandom(46));
        List<Condition> conditions = random.conditions(2_000);
        ConditionIndex<Condition> randomIndex = new ConditionIndex<>();
        conditions.forEach(condition -> randomIndex.add(condition, condition));
        List<Condition> kept = new ArrayList<>();
        for (int at = 0; at < conditions.size(); at++) {
            if (at % 3 == 0) {
                randomIndex.remove(conditions.get(at));
            } else {
                kept.add(conditions.get(at));
            }
        }

        for (BsonDocument event : random.events(1_000)) {
            assertThat(randomIndex.matching(event))
                    .as(event::toString)
                    .containsExactlyInAnyOrderElementsOf(
                            kept.stream().filter(each -> each.matches(event)).toList());
        }
    }

    @Nested
    class WithTenThousandConditions {

        @Test
        void evaluatesOnlyThoseThatAskForTheValue() {
            addForUsers(user -> document("userId").eq(user));

            assertThat(candidates("{fullDocument: {userId: 4711}}")).isEqualTo(1);
            assertThat(matching("{fullDocument: {userId: 4711}}")).containsExactly("client 4711");
            assertThat(candidates("{fullDocument: {userId: 'nobody'}}")).isZero();
        }

        @Test
        void prefersAFieldToTheOperationAndTheNamespace() {
            addForUsers(user -> operation(INSERT)
                    .and(namespace("orders"))
                    .and(document("userId").in(user, -user)));

            assertThat(candidates("{operationType: 'insert', ns: {coll: 'orders'}, fullDocument: {userId: 4711}}"))
                    .isEqualTo(1);
        }

        @Test
        void prefersTheFieldThatTellsThemApart() {
            addForUsers(user -> document("deletedAt")
                    .eq(null)
                    .and(document("status").eq("open"))
                    .and(document("userId").eq(user)));

            assertThat(candidates("{fullDocument: {status: 'open', userId: 4711}}"))
                    .isLessThan(5);
            assertThat(matching("{fullDocument: {status: 'open', userId: 4711}}"))
                    .containsExactly("client 4711");
        }

        private void addForUsers(IntFunction<Condition> condition) {
            IntStream.range(0, 10_000).forEach(user -> index.add(condition.apply(user), "client " + user));
        }
    }

    private List<String> matching(String event) {
        return index.matching(BsonDocument.parse(event));
    }

    /** How many conditions are evaluated for an event. */
    private int candidates(String event) {
        return buckets.of(BsonDocument.parse(event)).size();
    }
}
