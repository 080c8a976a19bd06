package io.changewatch.internal.engine;

import com.mongodb.MongoException;
import io.changewatch.OversizeEventException;
import io.changewatch.UndeliverableEventException;
import io.changewatch.internal.decode.TooLargeEventException;
import java.util.Optional;

/** Why an event cannot be delivered, and what can be done so that it can. Thread-safe. */
enum UndeliverableCause {
    TOO_LARGE_FOR_THE_SERVER(
            "is larger than 16 MB and the server cannot split it",
            "Use MongoDB 6.0.9 or newer, ask for fewer images (fullDocument, fullDocumentBeforeChange), drop large fields with "
                    + "Pipeline.dropFields(...)"),
    FIELD_TOO_LARGE(
            "is larger than 16 MB and the server cannot split it, as one of its fields alone is too large",
            "Let the pipeline put less into one field, ask for fewer images (fullDocument, fullDocumentBeforeChange), drop large "
                    + "fields with Pipeline.dropFields(...)"),
    TOO_LARGE_FOR_US(
            "is larger than maxEventBytes allows",
            "Choose a larger maxEventBytes(...), ask for fewer images (fullDocument, fullDocumentBeforeChange), drop large fields "
                    + "with Pipeline.dropFields(...)"),
    IMAGE_MISSING(
            "lacks an image that is required",
            "Switch images on with collMod changeStreamPreAndPostImages, keep them longer, choose WHEN_AVAILABLE instead of "
                    + "REQUIRED");

    private static final int NO_IMAGE = 47;
    private static final int NO_FRAGMENT = 7182500;

    private final String problem;
    private final String remedy;

    UndeliverableCause(String problem, String remedy) {
        this.problem = problem;
        this.remedy = remedy;
    }

    static UndeliverableCause of(RuntimeException error) {
        if (error instanceof TooLargeEventException) {
            return TOO_LARGE_FOR_US;
        }
        int code = error instanceof MongoException mongo ? mongo.getCode() : 0;
        return switch (code) {
            case NO_IMAGE -> IMAGE_MISSING;
            case NO_FRAGMENT -> FIELD_TOO_LARGE;
            default -> TOO_LARGE_FOR_THE_SERVER;
        };
    }

    String problem() {
        return problem;
    }

    String remedy() {
        return remedy;
    }

    UndeliverableEventException exception(String message, Optional<Culprit> event, RuntimeException error) {
        var namespace = event.flatMap(Culprit::namespace);
        var key = event.flatMap(Culprit::documentKey);
        var time = event.map(Culprit::clusterTime);
        return this == IMAGE_MISSING
                ? new UndeliverableEventException(message, namespace, key, time, error)
                : new OversizeEventException(message, namespace, key, time, error);
    }
}
