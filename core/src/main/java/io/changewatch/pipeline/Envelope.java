package io.changewatch.pipeline;

import java.util.List;

/** The fields of an event that a pipeline leaves alone: without them it could not be placed, named or resumed. */
final class Envelope {

    static final List<String> FIELDS = List.of(
            "_id",
            "operationType",
            "clusterTime",
            "wallTime",
            "ns",
            "nsType",
            "to",
            "documentKey",
            "updateDescription",
            "lsid",
            "txnNumber",
            "collectionUUID",
            "operationDescription",
            "stateBeforeChange",
            "splitEvent");

    private static final String UPDATED_FIELDS = "updateDescription.updatedFields.";

    private Envelope() {}

    /** Whether the path is one of these fields or inside one. */
    static boolean holds(String path) {
        return FIELDS.stream().anyMatch(field -> isAtOrBelow(path, field));
    }

    /** The one thing inside that may be dropped: the new value of a top-level field of the document. */
    static boolean isNewValue(String path) {
        return path.startsWith(UPDATED_FIELDS);
    }

    static boolean isAtOrBelow(String path, String parent) {
        return path.equals(parent) || path.startsWith(parent + '.');
    }
}
