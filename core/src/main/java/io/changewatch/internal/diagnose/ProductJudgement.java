package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.SERVER;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;

import io.changewatch.diagnose.Finding;
import java.util.ArrayList;
import java.util.List;

/**
 * What a server lacks that is not MongoDB. From the documentation of each: none of them has been tested.
 *
 * <p>Stateless and thread-safe.
 */
public final class ProductJudgement {
    private static final String USE_MONGODB = "Use a MongoDB replica set, or leave the option out.";

    private ProductJudgement() {}

    /** Nothing for MongoDB. */
    public static List<Finding> judge(Product product, Asked asked) {
        if (product == Product.MONGODB) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(general(product));
        unsupported(product, asked)
                .forEach(option -> findings.add(Finding.of(
                        PROBLEM,
                        SERVER,
                        "By its documentation, " + product.title() + " has no " + option + ".",
                        USE_MONGODB)));
        return findings;
    }

    private static Finding general(Product product) {
        return switch (product) {
            case AMAZON_DOCUMENTDB ->
                Finding.of(
                        PROBLEM,
                        SERVER,
                        "This is Amazon DocumentDB, which has no startAfter: a watcher can begin here, but not go on after its "
                                + "first failure or restart. Its change streams are off until they are switched on for a collection, a "
                                + "database or the cluster, and keep events for 3 h unless told otherwise.",
                        "Use MongoDB. To look around without resuming, switch streams on with {modifyChangeStreams: 1, database: "
                                + "..., collection: ..., enable: true}, and lengthen change_stream_log_retention_duration.");
            case AZURE_COSMOS_DB ->
                Finding.of(
                        PROBLEM,
                        SERVER,
                        "This is Azure Cosmos DB for MongoDB with request units. It opens a change stream only of one collection, "
                                + "with a $match of operationType, a $project of _id, fullDocument, ns and documentKey, and "
                                + "updateLookup; it reports no deletes, and orders events per shard key only. Its events name no "
                                + "operation and no cluster time, by which a watcher knows and places them.",
                        "Use MongoDB.");
            case AZURE_DOCUMENTDB ->
                Finding.of(
                        WARNING,
                        SERVER,
                        "This is Azure DocumentDB, or another server on the open DocumentDB. Its change streams resume with "
                                + "resumeAfter, while a watcher resumes with startAfter; its events have no cluster time, by which a watcher "
                                + "places them. Large events are not split.",
                        "Use MongoDB; ChangeWatch has not been tested with this server.");
            default ->
                Finding.of(
                        WARNING,
                        SERVER,
                        "This is " + product.title()
                                + ", which is not known to have change streams that can be resumed.",
                        "Use MongoDB; ChangeWatch has not been tested with this server.");
        };
    }

    private static List<String> unsupported(Product product, Asked asked) {
        List<String> options = new ArrayList<>();
        if (asked.wantsImages()) {
            options.add("pre- and post-images, which " + asked.imageOptions() + " asks for");
        }
        if (asked.expandedEvents()) {
            options.add("expanded events, which showExpandedEvents() asks for");
        }
        boolean isAzure = product == Product.AZURE_COSMOS_DB;
        if (isAzure && asked.scope().flatMap(scope -> scope.collection()).isEmpty()) {
            options.add("change stream of more than one collection, and this watcher is of " + asked.place());
        }
        return options;
    }
}
