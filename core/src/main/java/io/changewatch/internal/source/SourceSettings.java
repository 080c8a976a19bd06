package io.changewatch.internal.source;

import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.event.Namespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/**
 * Everything that is the same each time a stream is opened.
 *
 * @param scope a collection or a database; empty for the whole cluster
 * @param pipeline the stages after {@code $changeStream}
 * @param unresponsiveAfter how long the server may be silent beyond {@code maxAwait} before its connection is given up
 */
public record SourceSettings(
        Optional<Namespace> scope,
        List<BsonDocument> pipeline,
        FullDocument fullDocument,
        FullDocumentBeforeChange fullDocumentBeforeChange,
        boolean showExpandedEvents,
        int batchSize,
        Duration maxAwait,
        Duration unresponsiveAfter,
        Optional<Collation> collation,
        Optional<BsonValue> comment) {

    /**
     * Whether the pipeline may decide by documents that the server looks up when it comes to an update: each server at another
     * time, and so with another result.
     */
    boolean isFilteredByLookUps() {
        return fullDocument == FullDocument.UPDATE_LOOKUP
                && pipeline.stream()
                        .filter(stage -> !stage.containsKey("$unset"))
                        .anyMatch(stage -> stage.toJson()
                                .replace("fullDocumentBeforeChange", "")
                                .contains("fullDocument"));
    }

    /** The same with {@code stage} as the last of the pipeline. */
    public SourceSettings withLastStage(BsonDocument stage) {
        List<BsonDocument> stages = new ArrayList<>(pipeline);
        stages.add(stage);
        return withPipeline(stages);
    }

    /** The same with {@code stage} as the first of the pipeline. */
    public SourceSettings withFirstStage(BsonDocument stage) {
        List<BsonDocument> stages = new ArrayList<>(List.of(stage));
        stages.addAll(pipeline);
        return withPipeline(stages);
    }

    /** The same with other stages. */
    public SourceSettings withPipeline(List<BsonDocument> stages) {
        return new SourceSettings(
                scope,
                stages,
                fullDocument,
                fullDocumentBeforeChange,
                showExpandedEvents,
                batchSize,
                maxAwait,
                unresponsiveAfter,
                collation,
                comment);
    }

    /** The same with other images. */
    public SourceSettings withImages(FullDocument after, FullDocumentBeforeChange before) {
        return new SourceSettings(
                scope,
                pipeline,
                after,
                before,
                showExpandedEvents,
                batchSize,
                maxAwait,
                unresponsiveAfter,
                collation,
                comment);
    }

    /** The same with other batches. */
    public SourceSettings withBatches(int size, Duration await, Duration margin) {
        return new SourceSettings(
                scope,
                pipeline,
                fullDocument,
                fullDocumentBeforeChange,
                showExpandedEvents,
                size,
                await,
                margin,
                collation,
                comment);
    }
}
