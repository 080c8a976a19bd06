package io.changewatch.diagnose;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is known of the server, or the servers, behind the client.
 *
 * <p>Immutable and thread-safe.
 *
 * @param product who made it: {@code MongoDB}, {@code Amazon DocumentDB} and so on
 * @param version its version, as it tells it; of a product other than MongoDB the version of MongoDB that it follows
 * @param featureCompatibilityVersion the version whose features are switched on; empty where the user may not read it
 * @param replicaSet the name of the set
 */
public record ServerFacts(
        Topology topology,
        String product,
        Optional<String> version,
        Optional<String> featureCompatibilityVersion,
        Optional<String> replicaSet,
        List<Member> members) {

    /** Copies the members. */
    public ServerFacts {
        Objects.requireNonNull(topology, "topology");
        Objects.requireNonNull(product, "product");
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(featureCompatibilityVersion, "featureCompatibilityVersion");
        Objects.requireNonNull(replicaSet, "replicaSet");
        members = List.copyOf(members);
    }

    /** The kind of a deployment. */
    public enum Topology {
        /** One set, of one node or more. */
        REPLICA_SET,
        /** Shards behind one {@code mongos} or several. */
        SHARDED,
        /** A {@code mongos} behind a load balancer. */
        LOAD_BALANCED,
        /** A server without a replica set, which has no change streams. */
        STANDALONE,
        /** No server was reached. */
        UNKNOWN
    }

    /**
     * One server, as the driver sees it.
     *
     * @param role such as {@code primary} or {@code mongos}
     * @param version the release that its wire protocol belongs to, such as {@code 6.0}
     */
    public record Member(String address, String role, String version) {
        @Override
        public String toString() {
            return address + " (" + role + (version.isEmpty() ? "" : ", " + version) + ")";
        }
    }

    /** One line. */
    @Override
    public String toString() {
        return place()
                + version.map(known -> ", " + product + " " + known).orElse("")
                + featureCompatibilityVersion
                        .map(known -> ", feature compatibility " + known)
                        .orElse("")
                + members.stream()
                        .map(Member::toString)
                        .collect(Collectors.joining(", ", members.isEmpty() ? "" : ": ", ""));
    }

    private String place() {
        return switch (topology) {
            case REPLICA_SET ->
                "replica set" + replicaSet.map(name -> " " + name).orElse("");
            case SHARDED -> "sharded cluster";
            case LOAD_BALANCED -> "load-balanced cluster";
            case STANDALONE -> "standalone server";
            case UNKNOWN -> "none was reached";
        };
    }
}
