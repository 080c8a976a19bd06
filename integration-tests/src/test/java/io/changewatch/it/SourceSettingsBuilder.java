package io.changewatch.it;

import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.event.Namespace;
import io.changewatch.internal.source.SourceSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/** Settings as a test needs them, with the await time short. Not thread-safe. */
final class SourceSettingsBuilder {
    private final Optional<Namespace> scope;
    private List<BsonDocument> pipeline = List.of();
    private FullDocument fullDocument = FullDocument.DEFAULT;
    private FullDocumentBeforeChange fullDocumentBeforeChange = FullDocumentBeforeChange.DEFAULT;
    private boolean showExpandedEvents;
    private int batchSize = 1_000;
    private Duration maxAwait = Duration.ofMillis(250);
    private Duration unresponsiveAfter = Duration.ofSeconds(10);
    private Optional<Collation> collation = Optional.empty();
    private Optional<BsonValue> comment = Optional.empty();

    SourceSettingsBuilder(Optional<Namespace> scope) {
        this.scope = scope;
    }

    SourceSettingsBuilder pipeline(List<BsonDocument> stages) {
        pipeline = stages;
        return this;
    }

    SourceSettingsBuilder fullDocument(FullDocument which) {
        fullDocument = which;
        return this;
    }

    SourceSettingsBuilder fullDocumentBeforeChange(FullDocumentBeforeChange which) {
        fullDocumentBeforeChange = which;
        return this;
    }

    SourceSettingsBuilder showExpandedEvents(boolean show) {
        showExpandedEvents = show;
        return this;
    }

    SourceSettingsBuilder batchSize(int size) {
        batchSize = size;
        return this;
    }

    SourceSettingsBuilder maxAwait(Duration time) {
        maxAwait = time;
        return this;
    }

    SourceSettingsBuilder unresponsiveAfter(Duration time) {
        unresponsiveAfter = time;
        return this;
    }

    SourceSettingsBuilder collation(Collation rules) {
        collation = Optional.of(rules);
        return this;
    }

    SourceSettingsBuilder comment(BsonString text) {
        comment = Optional.of(text);
        return this;
    }

    SourceSettings build() {
        return new SourceSettings(
                scope,
                pipeline,
                fullDocument,
                fullDocumentBeforeChange,
                showExpandedEvents,
                batchSize,
                maxAwait,
                unresponsiveAfter,
                collation,
                comment);
    }
}
