package io.changewatch.pipeline;

import static io.changewatch.event.OperationType.DELETE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.event.OperationType.REPLACE;
import static io.changewatch.event.OperationType.UPDATE;
import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.documentBefore;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.not;
import static io.changewatch.pipeline.Condition.operation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import java.util.Arrays;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PipelineTest {

    private static final Condition OF_PAUL = document("name").eq("Paul");

    @Test
    void hasAStageForEachCall() {
        Pipeline pipeline = Pipeline.matching(operation(INSERT))
                .andMatching(OF_PAUL)
                .dropFields(document("secret"))
                .addField("source", "x")
                .stage(Aggregates.match(Filters.eq("source", "x")));

        assertStages(
                pipeline,
                "{$match: {operationType: {$in: ['insert']}}}",
                "{$match: {'fullDocument.name': {$eq: 'Paul'}}}",
                "{$unset: ['fullDocument.secret']}",
                "{$addFields: {source: 'x'}}",
                "{$match: {source: 'x'}}");
        assertStages(Pipeline.empty());
        assertThat(Pipeline.empty().addField("source", 1)).hasToString("[{\"$addFields\": {\"source\": 1}}]");
    }

    @Test
    void doesNotChangeWithWhatIsBuiltFromIt() {
        Pipeline pipeline = Pipeline.matching(OF_PAUL);
        pipeline.dropFields("fullDocument.secret");
        pipeline.stages().get(0).clear();

        assertStages(pipeline, "{$match: {'fullDocument.name': {$eq: 'Paul'}}}");
    }

    @Nested
    class Fields {

        @Test
        void areKeptBesideTheProtectedOnes() {
            Pipeline pipeline = Pipeline.empty()
                    .keepFields(
                            "fullDocument.total", "fullDocument.total.net", "documentKey._id", "fullDocument.total");

            assertStages(pipeline, """
                    {$project: {_id: 1, operationType: 1, clusterTime: 1, wallTime: 1, ns: 1, nsType: 1, to: 1,
                      documentKey: 1, updateDescription: 1, lsid: 1, txnNumber: 1, collectionUUID: 1,
                      operationDescription: 1, stateBeforeChange: 1, splitEvent: 1, 'fullDocument.total': 1}}""");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().keepFields(new String[0]))
                    .withMessage("keepFields() names no field. Name at least one, such as"
                            + " keepFields(document(\"total\")).");
        }

        @Test
        void areDroppedOnceEach() {
            assertStages(
                    Pipeline.empty().dropFields(document("a.b"), document("a"), document("a")),
                    "{$unset: ['fullDocument.a']}");
            assertStages(
                    Pipeline.empty().dropFields("updateDescription.updatedFields.secret"),
                    "{$unset: ['updateDescription.updatedFields.secret']}");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().dropFields(new FieldPath[0]))
                    .withMessage("dropFields() names no field. Name at least one, such as"
                            + " dropFields(document(\"total\")).");
        }

        @ParameterizedTest
        @ValueSource(strings = {"_id", "_id._data", "operationType", "documentKey._id", "updateDescription", "ns.db"})
        void areNotDroppedIfTheyPlaceAnEvent(String path) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().dropFields(path))
                    .withMessage(
                            "Cannot drop '" + path + "': an event cannot be placed, named or resumed without it. Drop"
                                    + " fields of the document instead, such as document(\"secret\").");
        }

        @ParameterizedTest
        @ValueSource(strings = {"_id", "clusterTime", "updateDescription.updatedFields.a"})
        void areNotSetIfTheyPlaceAnEvent(String path) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().addField(path, 1))
                    .withMessage("Cannot set '" + path + "': an event cannot be placed, named or resumed without the"
                            + " server's value. Choose another name.");
        }

        @Test
        void areAddedToADocumentThatIsThere() {
            assertStages(Pipeline.empty().addField(document("total"), new Document("$add", List.of("$a", 1))), """
                    {$addFields: {fullDocument: {$cond: [{$eq: [{$type: '$fullDocument'}, 'object']},
                      {$mergeObjects: ['$fullDocument', {total: {$add: ['$a', 1]}}]}, '$fullDocument']}}}""");
            assertStages(Pipeline.empty().addField("note", null), "{$addFields: {note: null}}");
        }

        @ParameterizedTest
        @ValueSource(strings = {"fullDocument", "fullDocument.a.b", "fullDocumentBeforeChange.a.b"})
        void areNotAddedDeepInADocument(String path) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().addField(path, 1))
                    .withMessage(
                            "Cannot set '" + path + "': a field can be added at the top of a document only, such as"
                                    + " document(\"source\"). Use stage(..) with a $set for anything else.");
        }
    }

    @Nested
    class RawStages {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{$match: {a: 1}}",
                    "{$project: {fullDocument: 0}}",
                    "{$project: {_id: 1, operationType: 1}}",
                    "{$addFields: {a: 1}}",
                    "{$set: {'a._id': 1}}",
                    "{$unset: ['a', '_idea']}",
                    "{$replaceRoot: {newRoot: {_id: '$_id', a: 1}}}",
                    "{$replaceRoot: {newRoot: '$$ROOT'}}",
                    "{$replaceWith: {$mergeObjects: ['$$ROOT', {a: 1}]}}",
                    "{$redact: '$$KEEP'}"
                })
        void areTakenIfAChangeStreamAcceptsThem(String stage) {
            assertStages(Pipeline.empty().stage(BsonDocument.parse(stage)), stage);
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "$project     | {$project: {_id: 0}}",
                    "$project     | {$project: {_id: false, a: 1}}",
                    "$project     | {$project: {_id: '$documentKey._id'}}",
                    "$project     | {$project: {'_id._data': 1}}",
                    "$addFields   | {$addFields: {_id: 1}}",
                    "$set         | {$set: {'_id._data': 1}}",
                    "$unset       | {$unset: '_id'}",
                    "$unset       | {$unset: ['a', '_id._data']}",
                    "$replaceRoot | {$replaceRoot: {newRoot: '$fullDocument'}}",
                    "$replaceRoot | {$replaceRoot: {newRoot: {a: 1}}}",
                    "$replaceWith | {$replaceWith: {_id: '$documentKey._id'}}"
                })
        void areRefusedIfTheyLoseTheResumeToken(String operator, String stage) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().stage(BsonDocument.parse(stage)))
                    .withMessage(
                            "The stage " + operator + " drops or changes _id, the resume token, with which the server"
                                    + " would end the stream (error 280). Keep _id as it is; to send fewer fields, use"
                                    + " keepFields(..) or dropFields(..).");
        }

        @Test
        void areRefusedIfAChangeStreamDoesNotAcceptThem() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().stage(Aggregates.limit(1)))
                    .withMessage("A change stream does not accept the stage $limit. Use one of [$addFields, $match,"
                            + " $project, $redact, $replaceRoot, $replaceWith, $set, $unset].");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().stage(new Document("$match", new Document()).append("b", 1)))
                    .withMessage("A stage is a document with one field, its operator; this one has 2: [$match, b]. Add"
                            + " each operator as a stage of its own.");
        }

        @Test
        void areRefusedIfTheWatcherAddsThemItself() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Pipeline.empty().stage(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}")))
                    .withMessage(
                            "$changeStreamSplitLargeEvent is added by the watcher itself, as the last stage, when an"
                                    + " event is too large; it also puts the fragments together. Leave the stage out.");
        }
    }

    @Nested
    class Problems {

        private static final String OF_DOCUMENT =
                "The pipeline filters on 'fullDocument.name', which updates do not carry,"
                        + " so they would be judged as if it were missing. Ask for it with fullDocument(FullDocument.UPDATE_LOOKUP),"
                        + " or leave updates out with operation(INSERT, REPLACE).";
        private static final String OF_DOCUMENT_BEFORE =
                "The pipeline filters on 'fullDocumentBeforeChange.name', which no"
                        + " event carries. Ask for it with fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE), on a"
                        + " collection that keeps pre-images, or remove the condition.";
        private static final String OF_LEFT_OUT = "The pipeline leaves out fullDocument, which inserts and replaces are"
                + " handed out with. Keep what you need of it, such as keepFields(document(\"total\")), or leave these"
                + " operations out with operation(UPDATE, DELETE).";

        @Test
        void areConditionsOnDocumentsThatUpdatesDoNotCarry() {
            assertThat(Pipeline.matching(OF_PAUL).problems(false, false)).containsExactly(OF_DOCUMENT);
            assertThat(Pipeline.matching(OF_PAUL).problems(true, false)).isEmpty();
            assertThat(Pipeline.matching(operation(INSERT, UPDATE).and(OF_PAUL)).problems(false, false))
                    .containsExactly(OF_DOCUMENT);
            assertThat(Pipeline.matching(not(operation(INSERT)).and(OF_PAUL)).problems(false, false))
                    .containsExactly(OF_DOCUMENT);
            assertThat(Pipeline.matching(changed("name").and(OF_PAUL)).problems(false, false))
                    .containsExactly(OF_DOCUMENT);
        }

        @Test
        void areNotConditionsThatLeaveUpdatesOut() {
            assertThat(Pipeline.matching(operation(INSERT, REPLACE).and(OF_PAUL))
                            .problems(false, false))
                    .isEmpty();
            assertThat(Pipeline.matching(operation(INSERT)).andMatching(OF_PAUL).problems(false, false))
                    .isEmpty();
            assertThat(Pipeline.matching(not(operation(UPDATE)).and(not(OF_PAUL)))
                            .problems(false, false))
                    .isEmpty();
            assertThat(Pipeline.matching(operation(UPDATE).or(OF_PAUL)).problems(false, false))
                    .isEmpty();
            assertThat(Pipeline.matching(operation(INSERT).and(OF_PAUL).or(changed("name")))
                            .problems(false, false))
                    .isEmpty();
        }

        @Test
        void areConditionsOnDocumentsBeforeTheChangeThatNothingCarries() {
            Condition before = documentBefore("name").eq("Paul");

            assertThat(Pipeline.matching(before).problems(true, false)).containsExactly(OF_DOCUMENT_BEFORE);
            assertThat(Pipeline.matching(operation(DELETE).and(before)).problems(true, false))
                    .containsExactly(OF_DOCUMENT_BEFORE);
            assertThat(Pipeline.matching(before).problems(true, true)).isEmpty();
        }

        @Test
        void areRawMatchesThatDoNotNameTheOperation() {
            assertThat(raw("{$match: {$and: [{'fullDocument.name': 'Paul'}]}}").problems(false, false))
                    .containsExactly(OF_DOCUMENT);
            assertThat(raw("{$match: {'fullDocument.name': 'Paul', operationType: 'insert'}}")
                            .problems(false, false))
                    .isEmpty();
            assertThat(Pipeline.matching(operation(INSERT))
                            .stage(BsonDocument.parse("{$match: {'fullDocument.name': 'Paul'}}"))
                            .problems(false, false))
                    .isEmpty();
        }

        @Test
        void areInsertsWithoutTheirDocument() {
            assertThat(Pipeline.empty().keepFields("documentKey").problems(true, true))
                    .containsExactly(OF_LEFT_OUT);
            assertThat(Pipeline.empty().dropFields("fullDocument").problems(true, true))
                    .containsExactly(OF_LEFT_OUT);
            assertThat(Pipeline.matching(operation(UPDATE, DELETE))
                            .dropFields("fullDocument")
                            .problems(true, true))
                    .isEmpty();
            assertThat(Pipeline.empty().keepFields(document("name")).problems(true, true))
                    .isEmpty();
        }

        @Test
        void areNotFieldsThatOnlyBeginAlike() {
            assertThat(Pipeline.matching(field("fullDocumentary").eq(1)).problems(false, false))
                    .isEmpty();
            assertThat(Pipeline.empty().problems(false, false)).isEmpty();
        }

        private Pipeline raw(String stage) {
            return Pipeline.empty().stage(BsonDocument.parse(stage));
        }
    }

    private static void assertStages(Pipeline pipeline, String... stages) {
        assertThat(pipeline.stages())
                .containsExactly(Arrays.stream(stages).map(BsonDocument::parse).toArray(BsonDocument[]::new));
    }
}
