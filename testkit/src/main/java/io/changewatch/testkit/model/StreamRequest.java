package io.changewatch.testkit.model;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import java.util.Optional;

/**
 * What a stream is opened with.
 *
 * @param scope a collection or a database; empty for the cluster
 * @param isResumeAfter whether the token was given as {@code resumeAfter}, which takes no invalidate's
 */
public record StreamRequest(
        Optional<Namespace> scope,
        StartPosition start,
        boolean isResumeAfter,
        Stages stages,
        FullDocument fullDocument,
        FullDocumentBeforeChange fullDocumentBeforeChange) {

    /** Version 2 of a token names the event in another way. Its stream splits, or began after a token of that version. */
    int tokenVersion() {
        boolean isBehindSuch = start instanceof StartPosition.After after
                && TokenText.version(after.token().value()) == 2;
        return stages.isSplitting() || isBehindSuch ? 2 : 1;
    }
}
