package io.changewatch.internal.source;

import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * What a server tells of its cluster.
 *
 * <p>Immutable and thread-safe.
 *
 * @param identity the name of the replica set, a slash, and its id where that may be read; empty where nothing is known
 * @param time the cluster's logical time; null where it has none
 */
public record ClusterFacts(String identity, @Nullable BsonTimestamp time) {
    /** Nothing is known. */
    public static final ClusterFacts UNKNOWN = new ClusterFacts("", null);
}
