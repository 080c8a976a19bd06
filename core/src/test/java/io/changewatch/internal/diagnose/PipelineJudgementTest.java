package io.changewatch.internal.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.changestream.FullDocument;
import io.changewatch.diagnose.Check;
import io.changewatch.diagnose.Finding;
import io.changewatch.diagnose.Severity;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PipelineJudgementTest {
    private static final String SEVERAL = IntStream.range(0, 10)
            .mapToObj(i -> "{db: 'shop', coll: 'c" + i + "'}")
            .collect(Collectors.joining(", "));

    private static List<Finding> judge(FullDocument after, String... stages) {
        return PipelineJudgement.judge(Streams.filtered(after, stages));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{$match: {'fullDocument.status': 'open'}}",
                "{$match: {$or: [{operationType: 'delete'}, {fullDocument: {$ne: null}}]}}",
                "{$match: {$and: [{operationType: 'update'}, {$nor: [{'fullDocument.a.b': 1}]}]}}"
            })
    void aConditionOnALookedUpDocumentIsNoted(String stage) {
        assertThat(judge(FullDocument.UPDATE_LOOKUP, stage))
                .containsExactly(
                        Finding.of(
                                Severity.NOTE,
                                Check.PIPELINE,
                                "A condition on the document judges what UPDATE_LOOKUP finds, a later state of it: an update is left out if the "
                                        + "document was deleted, or changed again so that it no longer matches. For the same reason the server "
                                        + "may not find the watcher's place again (error 280, SERVER-105558); the watcher then goes on by cluster "
                                        + "time, and loses nothing by that.",
                                "Keep post-images and ask for FullDocument.WHEN_AVAILABLE or REQUIRED; or judge in the handler."));
    }

    @Test
    void theSameConditionOnAKeptDocumentIsWell() {
        assertThat(judge(FullDocument.WHEN_AVAILABLE, "{$match: {'fullDocument.status': 'open'}}"))
                .isEmpty();
        assertThat(judge(
                        FullDocument.UPDATE_LOOKUP,
                        "{$match: {operationType: 'insert', 'fullDocumentBeforeChange.a': 1}}"))
                .isEmpty();
        assertThat(judge(FullDocument.UPDATE_LOOKUP, "{$project: {'fullDocument.status': 1}}"))
                .isEmpty();
    }

    @Test
    void manyNamespacesComparedAsAWholeAreNoted() {
        assertThat(judge(FullDocument.DEFAULT, "{$match: {ns: {$in: [" + SEVERAL + "]}}}"))
                .extracting(Finding::found)
                .containsExactly(
                        "A condition compares ns as a whole with many namespaces, which the server does slowly "
                                + "(SERVER-114532).");
        assertThat(judge(FullDocument.DEFAULT, "{$match: {'ns.db': 'shop', 'ns.coll': {$in: ['a', 'b', 'c']}}}"))
                .isEmpty();
    }

    @Test
    void expressionsAreNoted() {
        assertThat(judge(FullDocument.UPDATE_LOOKUP, "{$match: {$expr: {$gt: ['$fullDocument.total', 5]}}}"))
                .extracting(Finding::check)
                .containsExactly(Check.PIPELINE, Check.PIPELINE);
    }
}
