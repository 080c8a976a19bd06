package io.changewatch.resume;

import java.util.Objects;

/**
 * What a checkpoint was made for: a token of one stream means nothing, or something wrong, in another.
 *
 * <p>Immutable and thread-safe.
 *
 * @param scope what was watched: {@code shop.orders}, {@code shop}, or {@code *} for the whole cluster
 * @param pipeline a hash of the pipeline and of the options that decide which events it sees
 * @param cluster which cluster was watched: the name of the replica set, a slash, and its id where the watcher may read that
 *     (it needs the action {@code replSetGetConfig}); empty where nothing is known, as behind a {@code mongos}
 */
public record Fingerprint(String scope, String pipeline, String cluster) {

    /** Checks that no part is null. */
    public Fingerprint {
        Objects.requireNonNull(scope, "scope");
        Objects.requireNonNull(pipeline, "pipeline");
        Objects.requireNonNull(cluster, "cluster");
    }

    /** A fingerprint for a cluster of which nothing is known. */
    public Fingerprint(String scope, String pipeline) {
        this(scope, pipeline, "");
    }

    /** The same stream of a cluster that is known now. */
    public Fingerprint on(String knownCluster) {
        return new Fingerprint(scope, pipeline, knownCluster);
    }

    /** Whether both know their cluster and it is not the same. */
    public boolean isOfAnotherClusterThan(Fingerprint other) {
        String[] mine = cluster.split("/", 2);
        String[] others = other.cluster.split("/", 2);
        boolean bothKnown = mine.length == 2 && others.length == 2;
        return bothKnown && (differ(mine[0], others[0]) || differ(mine[1], others[1]));
    }

    private static boolean differ(String one, String other) {
        return !one.isEmpty() && !other.isEmpty() && !one.equals(other);
    }
}
