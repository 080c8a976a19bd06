package io.changewatch.internal.diagnose;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.event.Namespace;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;

/**
 * What the options of a watcher ask a server for.
 *
 * <p>Immutable and thread-safe.
 *
 * @param scope what is watched; empty for the cluster
 * @param pipeline the application's stages, without those that the library adds
 */
public record Asked(
        Optional<Namespace> scope,
        List<BsonDocument> pipeline,
        FullDocument after,
        FullDocumentBeforeChange before,
        boolean expandedEvents) {

    String place() {
        return scope.map(Namespace::toString).orElse("the cluster");
    }

    boolean wantsBefore() {
        return before != FullDocumentBeforeChange.DEFAULT && before != FullDocumentBeforeChange.OFF;
    }

    /** Not the document that is looked up, but the one that the server has kept. */
    boolean wantsKeptAfter() {
        return after == FullDocument.WHEN_AVAILABLE || after == FullDocument.REQUIRED;
    }

    /** Whether any image is asked for that a collection has to keep. */
    public boolean wantsImages() {
        return wantsBefore() || wantsKeptAfter();
    }

    boolean requiresImages() {
        return before == FullDocumentBeforeChange.REQUIRED || after == FullDocument.REQUIRED;
    }

    /** Whether updates carry a document that is looked up later. */
    boolean looksUp() {
        return after == FullDocument.UPDATE_LOOKUP;
    }

    /** The options by which images are asked for, as they are written. */
    String imageOptions() {
        String kept = wantsKeptAfter() ? "fullDocument(" + after + ")" : "";
        String old = wantsBefore() ? "fullDocumentBeforeChange(" + before + ")" : "";
        return kept.isEmpty() || old.isEmpty() ? kept + old : kept + " and " + old;
    }
}
