package io.changewatch.pipeline;

import static io.changewatch.event.OperationType.DELETE;
import static io.changewatch.event.OperationType.GAP;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.event.OperationType.OTHER;
import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.changedTo;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.documentBefore;
import static io.changewatch.pipeline.Condition.documentKey;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.namespace;
import static io.changewatch.pipeline.Condition.not;
import static io.changewatch.pipeline.Condition.operation;
import static io.changewatch.pipeline.Condition.removed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.changewatch.event.Namespace;
import io.changewatch.event.OperationType;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ConditionTest {

    private static final BsonDocument INSERT_OF_PAUL = event("""
            {operationType: 'insert', ns: {db: 'shop', coll: 'orders'}, documentKey: {_id: 1}, fullDocument: {name: 'Paul'}}""");
    private static final BsonDocument DELETE_OF_PAUL = event("""
            {operationType: 'delete', ns: {db: 'bank', coll: 'orders'}, documentKey: {_id: 1},
             fullDocumentBeforeChange: {name: 'Paul'}}""");

    @Test
    void acceptsTheNamedOperations() {
        Condition condition = operation(INSERT, OperationType.UPDATE);

        assertBody(condition, "{operationType: {$in: ['insert', 'update']}}");
        assertThat(condition.matches(INSERT_OF_PAUL)).isTrue();
        assertThat(condition.matches(DELETE_OF_PAUL)).isFalse();
    }

    @Test
    void refusesOperationsThatNoServerSends() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operation())
                .withMessage(
                        "operation() accepts nothing. Name at least one, such as operation(OperationType.INSERT).");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operation(GAP))
                .withMessage(
                        "GAP is not an operation of the server. Leave it out; for operations that this version does"
                                + " not know, use field(\"operationType\").eq(..) with the server's name.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operation(INSERT, OTHER))
                .withMessageStartingWith("OTHER is not an operation of the server.");
    }

    @Test
    void acceptsTheNamedCollections() {
        assertBody(namespace("orders", "items"), "{'ns.coll': {$in: ['orders', 'items']}}");
        assertThat(namespace("orders").matches(INSERT_OF_PAUL)).isTrue();
        assertThat(namespace("items").matches(INSERT_OF_PAUL)).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> namespace(new String[0]))
                .withMessage("namespace() accepts nothing. Name at least one, such as namespace(\"orders\").");
    }

    @Test
    void acceptsTheNamedNamespacesOfSeveralDatabases() {
        Condition condition =
                namespace(Namespace.of("shop", "orders"), Namespace.of("shop", "items"), Namespace.of("bank"));

        assertBody(condition, """
                {$or: [{$and: [{'ns.db': {$in: ['shop']}}, {'ns.coll': {$in: ['orders', 'items']}}]},
                       {'ns.db': {$in: ['bank']}}]}""");
        assertThat(condition.matches(INSERT_OF_PAUL)).isTrue();
        assertThat(condition.matches(DELETE_OF_PAUL)).isTrue();
        assertThat(namespace(Namespace.of("shop", "items")).matches(INSERT_OF_PAUL))
                .isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> namespace(new Namespace[0]))
                .withMessage("namespace() accepts nothing. Name at least one, such as"
                        + " namespace(Namespace.of(\"shop\", \"orders\")).");
    }

    @Test
    void readsTheDocumentTheDocumentBeforeTheKeyAndTheEvent() {
        assertBody(document("name").eq("Paul"), "{'fullDocument.name': {$eq: 'Paul'}}");
        assertBody(documentBefore("name").eq("Paul"), "{'fullDocumentBeforeChange.name': {$eq: 'Paul'}}");
        assertBody(documentKey("_id").eq(1), "{'documentKey._id': {$eq: 1}}");
        assertBody(field("ns.db").eq("shop"), "{'ns.db': {$eq: 'shop'}}");
        assertThat(document("name").eq("Paul").matches(INSERT_OF_PAUL)).isTrue();
        assertThat(documentBefore("name").eq("Paul").matches(DELETE_OF_PAUL)).isTrue();
        assertThat(documentKey("_id").eq(1L).matches(DELETE_OF_PAUL)).isTrue();
        assertThat(document("name").eq("Paul").matches(DELETE_OF_PAUL)).isFalse();
    }

    @Test
    void joinsConditions() {
        Condition paul = document("name").eq("Paul");
        Condition first = documentKey("_id").eq(1);

        assertBody(operation(DELETE).and(paul).and(first), """
                {$and: [{operationType: {$in: ['delete']}}, {'fullDocument.name': {$eq: 'Paul'}},
                        {'documentKey._id': {$eq: 1}}]}""");
        assertBody(operation(DELETE).or(paul.or(first)), """
                {$or: [{operationType: {$in: ['delete']}}, {'fullDocument.name': {$eq: 'Paul'}},
                       {'documentKey._id': {$eq: 1}}]}""");
        assertBody(not(paul.and(first)), """
                {$nor: [{$and: [{'fullDocument.name': {$eq: 'Paul'}}, {'documentKey._id': {$eq: 1}}]}]}""");
        assertThat(paul.and(first).matches(INSERT_OF_PAUL)).isTrue();
        assertThat(paul.and(first).matches(DELETE_OF_PAUL)).isFalse();
        assertThat(paul.or(first).matches(DELETE_OF_PAUL)).isTrue();
        assertThat(not(paul.and(first)).matches(DELETE_OF_PAUL)).isTrue();
        assertBody(not(not(paul)), "{'fullDocument.name': {$eq: 'Paul'}}");
    }

    @Test
    void keepsItsBodyWhenTheCallerChangesACopy() {
        Condition condition = document("tags").eq(BsonDocument.parse("{a: 1}"));
        condition.toBson().getDocument("fullDocument.tags").getDocument("$eq").clear();

        assertBody(condition, "{'fullDocument.tags': {$eq: {a: 1}}}");
        assertThat(condition).hasToString("{\"fullDocument.tags\": {\"$eq\": {\"a\": 1}}}");
    }

    @Nested
    class AboutAnUpdate {

        @Test
        void seesAChangeOfTheFieldItsParentsAndItsParts() {
            assertThat(changed("a.b").matches(update("{'a.b': 1}"))).isTrue();
            assertThat(changed("a.b").matches(update("{a: {b: 1}}"))).isTrue();
            assertThat(changed("a.b").matches(update("{'a.b.c': 1}"))).isTrue();
            assertThat(changed("a.b").matches(update("{'a.c': 1}"))).isFalse();
            assertThat(changed("a.b").matches(update("{'a.bc': 1}"))).isFalse();
            assertThat(changed("a").matches(update("{ab: 1, 'b.a': 2}"))).isFalse();
        }

        @Test
        void seesAChangeInAnArrayWhoseIndexIsLeftOut() {
            assertThat(changed("items.sku").matches(update("{'items.3.sku': 1}")))
                    .isTrue();
            assertThat(changed("items.sku").matches(update("{'items.3': {sku: 1}}")))
                    .isTrue();
            assertThat(changed("items.3.sku").matches(update("{'items.3.sku': 1}")))
                    .isTrue();
            assertThat(changed("items.2").matches(update("{'items.3': 1}"))).isFalse();
            assertThat(changed("items.2").matches(update("{items: []}"))).isTrue();
        }

        @Test
        void seesRemovalsAndShortenedArrays() {
            assertThat(changed("a.b").matches(updateOf("{removedFields: ['a']}")))
                    .isTrue();
            assertThat(changed("a.b").matches(updateOf("{removedFields: ['b']}")))
                    .isFalse();
            assertThat(changed("a").matches(updateOf("{truncatedArrays: [{field: 'a.b', newSize: 1}]}")))
                    .isTrue();
        }

        @Test
        void takesTheCharactersOfANameAsTheyAre() {
            assertThat(changed("a(b").matches(update("{'a(b.c': 1}"))).isTrue();
            assertThat(changed("a+").matches(update("{aa: 1}"))).isFalse();
        }

        @Test
        void seesNoChangeInOtherOperations() {
            assertThat(changed("name").matches(INSERT_OF_PAUL)).isFalse();
            assertThat(changedTo("name", "Paul").matches(INSERT_OF_PAUL)).isFalse();
            assertThat(removed("name").matches(DELETE_OF_PAUL)).isFalse();
        }

        @Test
        void seesTheValueThatAFieldWasSetTo() {
            assertThat(changedTo("status", "PAID").matches(update("{status: 'PAID'}")))
                    .isTrue();
            assertThat(changedTo("status", "PAID").matches(update("{status: 'NEW'}")))
                    .isFalse();
            assertThat(changedTo("status", "PAID").matches(update("{status: ['PAID']}")))
                    .isFalse();
            assertThat(changedTo("a.b", 1).matches(update("{'a.b': 1.0}"))).isTrue();
            assertThat(changedTo("a.b", 1).matches(update("{a: {b: 1}}"))).isTrue();
            assertThat(changedTo("a.b", null).matches(update("{a: null}"))).isFalse();
            assertThat(changedTo("a.b", null).matches(update("{a: {b: null}}"))).isTrue();
        }

        @Test
        void seesTheRemovalOfAFieldAndOfItsParents() {
            assertBody(removed("a.b"), """
                    {$and: [{operationType: {$in: ['update']}},
                            {'updateDescription.removedFields': {$in: ['a', 'a.b']}}]}""");
            assertThat(removed("a.b").matches(updateOf("{removedFields: ['a']}")))
                    .isTrue();
            assertThat(removed("a.b").matches(updateOf("{removedFields: ['a.b']}")))
                    .isTrue();
            assertThat(removed("a").matches(updateOf("{removedFields: ['a.b']}")))
                    .isFalse();
        }

        private BsonDocument update(String updatedFields) {
            return updateOf("{updatedFields: " + updatedFields + "}");
        }

        private BsonDocument updateOf(String description) {
            return event("{operationType: 'update', updateDescription: " + description + "}");
        }
    }

    private static BsonDocument event(String json) {
        return BsonDocument.parse(json);
    }

    private static void assertBody(Condition condition, String json) {
        assertThat(condition.toBson()).isEqualTo(BsonDocument.parse(json));
    }
}
