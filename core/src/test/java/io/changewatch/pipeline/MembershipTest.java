package io.changewatch.pipeline;

import static com.mongodb.client.model.changestream.FullDocument.DEFAULT;
import static com.mongodb.client.model.changestream.FullDocument.REQUIRED;
import static com.mongodb.client.model.changestream.FullDocument.UPDATE_LOOKUP;
import static com.mongodb.client.model.changestream.FullDocument.WHEN_AVAILABLE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.documentBefore;
import static io.changewatch.pipeline.Condition.documentKey;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.namespace;
import static io.changewatch.pipeline.Condition.not;
import static io.changewatch.pipeline.Condition.operation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MembershipTest {

    private static final Membership OPEN = Membership.of(document("status").eq("open"));

    @ParameterizedTest
    @CsvSource(textBlock = """
                    insert,     ,     open, ENTER
                    insert,     ,     paid, NONE
                    update,  new,     open, ENTER
                    update, open,     open, UPDATE
                    update, open,     paid, EXIT
                    update,  new,     paid, NONE
                    replace, new,     open, ENTER
                    replace, open,    paid, EXIT
                    delete, open,         , DELETE
                    delete, paid,         , NONE
                    update,     ,     open, UNKNOWN
                    update, open,         , UNKNOWN
                    replace,    ,     open, UNKNOWN
                    delete,     ,         , UNKNOWN
                    """)
    void tellsWhatAChangeDid(String operation, String before, String after, Transition expected) {
        assertThat(OPEN.transition(change(operation, before, after, "{updatedFields: {status: 1}}")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"open,, UPDATE", ", open, UPDATE", "paid,, NONE", ", paid, NONE", ",, UNKNOWN"})
    void tellsFromOneImageWhatAnUpdateOfOtherFieldsDid(String before, String after, Transition expected) {
        assertThat(OPEN.transition(change("update", before, after, "{updatedFields: {total: 5}}")))
                .isEqualTo(expected);
    }

    /** Without a document, "not" and null would accept. */
    @Test
    void asksOnlyOfADocumentThatIsThere() {
        Change deleted = change("delete", "open", null, "{}");

        assertThat(Membership.of(not(document("status").eq("paid"))).transition(deleted))
                .isEqualTo(Transition.DELETE);
        assertThat(Membership.of(document("status").eq(null)).transition(deleted))
                .isEqualTo(Transition.NONE);
        assertThat(Membership.of(document("total").eq(null)).transition(change("insert", null, "open", "{}")))
                .isEqualTo(Transition.ENTER);
    }

    @Test
    void doesNotTrustWhatWasLookedUp() {
        BsonDocument update = event("update", "open", "paid", "{updatedFields: {status: 1}}");

        assertThat(OPEN.transition(Change.of(update, UPDATE_LOOKUP))).isEqualTo(Transition.UNKNOWN);
        assertThat(OPEN.transition(Change.of(update, REQUIRED))).isEqualTo(Transition.EXIT);
    }

    /** {@code items.1} is an element, and a field "1" in every element. */
    @Test
    void countsEveryChangeOfAnArrayInWhichTheConditionNamesAnElement() {
        Membership membership = Membership.of(document("items.1").eq(7));
        BsonDocument update = BsonDocument.parse("{operationType: 'update', updateDescription: {updatedFields:"
                + " {'items.0.1': 7}}, fullDocument: {items: [{'1': 7}]}}");

        assertThat(membership.transition(Change.of(update, WHEN_AVAILABLE))).isEqualTo(Transition.UNKNOWN);
    }

    @Test
    void asksTheNamespaceAndTheKeyOfBothSides() {
        Membership membership = Membership.of(document("status")
                .eq("open")
                .and(namespace("orders"))
                .and(documentKey("_id").gt(0)));

        assertThat(membership.transition(change("update", "open", "paid", "{}")))
                .isEqualTo(Transition.EXIT);
        assertThat(Membership.of(documentKey("_id").gt(5)).transition(change("update", "open", "paid", "{}")))
                .isEqualTo(Transition.NONE);
    }

    @Test
    void refusesWhatIsNoMatterOfADocument() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Membership.of(operation(INSERT).and(document("a").eq(1))))
                .withMessage(
                        "A membership is a matter of documents, and its condition asks for 'operationType', which is a"
                                + " matter of one event. Use document(..), documentKey(..) and namespace(..) only, and ask the rest"
                                + " of the event in the handler.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Membership.of(document("a").eq(1).or(not(changed("a")))))
                .withMessageContaining("asks for an update");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Membership.of(documentBefore("a").eq(1)))
                .withMessageContaining("asks for 'fullDocumentBeforeChange.a'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Membership.of(field("fullDocument").ne(null)))
                .withMessageContaining("asks for 'fullDocument'");
    }

    @Test
    void becomesAPlainMatchForTheServer() {
        assertThat(Pipeline.transitionsOf(OPEN).stages()).containsExactly(BsonDocument.parse("""
                {$match: {$or: [
                  {$and: [{operationType: {$in: ['insert']}}, {'fullDocument.status': {$eq: 'open'}}]},
                  {$and: [{operationType: {$in: ['update', 'replace']}},
                          {$or: [{'fullDocument.status': {$eq: 'open'}},
                                 {'fullDocumentBeforeChange.status': {$eq: 'open'}},
                                 {fullDocument: {$eq: null}}, {fullDocumentBeforeChange: {$eq: null}}]}]},
                  {$and: [{operationType: {$in: ['delete']}},
                          {$or: [{'fullDocumentBeforeChange.status': {$eq: 'open'}},
                                 {fullDocumentBeforeChange: {$eq: null}}]}]},
                  {operationType: {$nin: ['insert', 'update', 'replace', 'delete']}}]}}"""));
    }

    @Test
    void needsBothImages() {
        Pipeline pipeline = Pipeline.transitionsOf(OPEN);

        assertThat(pipeline.problems(WHEN_AVAILABLE, FullDocumentBeforeChange.REQUIRED))
                .isEmpty();
        assertThat(pipeline.problems(DEFAULT, FullDocumentBeforeChange.DEFAULT))
                .containsExactly(
                        "Pipeline.transitionsOf(..) needs each document right before and right after its change."
                                + " Ask for them with fullDocument(FullDocument.WHEN_AVAILABLE) and"
                                + " fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE), or REQUIRED, on a collection"
                                + " that keeps images; what UPDATE_LOOKUP finds may be newer than the change");
        assertThat(pipeline.andMatching(namespace("orders"))
                        .problems(UPDATE_LOOKUP, FullDocumentBeforeChange.WHEN_AVAILABLE))
                .hasSize(1);
        assertThat(pipeline.dropFields("secret").problems(REQUIRED, FullDocumentBeforeChange.OFF))
                .hasSize(1);
    }

    private static Change change(String operation, String before, String after, String description) {
        return Change.of(event(operation, before, after, description), WHEN_AVAILABLE);
    }

    private static BsonDocument event(String operation, String before, String after, String description) {
        BsonDocument event = BsonDocument.parse("{ns: {db: 'shop', coll: 'orders'}, documentKey: {_id: 1}}")
                .append("operationType", new BsonString(operation))
                .append("updateDescription", BsonDocument.parse(description));
        if (before != null) {
            event.append("fullDocumentBeforeChange", status(before));
        }
        return after == null ? event : event.append("fullDocument", status(after));
    }

    private static BsonDocument status(String status) {
        return new BsonDocument("status", new BsonString(status));
    }
}
