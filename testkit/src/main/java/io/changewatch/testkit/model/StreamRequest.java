package io.changewatch.testkit.model;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import java.util.Optional;
import java.util.function.Predicate;
import org.bson.BsonDocument;

/**
 * What a stream is opened with.
 *
 * @param scope a collection or a database; empty for the cluster
 * @param filter the {@code $match} stages
 * @param isSplitting whether the last stage is {@code $changeStreamSplitLargeEvent}
 * @param isResumeAfter whether the token was given as {@code resumeAfter}, which takes no invalidate's
 */
public record StreamRequest(
        Optional<Namespace> scope,
        StartPosition start,
        boolean isResumeAfter,
        Predicate<BsonDocument> filter,
        FullDocument fullDocument,
        FullDocumentBeforeChange fullDocumentBeforeChange,
        boolean isSplitting) {

    /** Version 2 of a token names the event in another way; the stage that splits needs it. */
    int tokenVersion() {
        return isSplitting ? 2 : 1;
    }
}
