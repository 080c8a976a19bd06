package io.changewatch.internal.engine;

import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterSettings;
import com.mongodb.connection.ServerType;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads from the driver's view of the servers why none of them will do, although they answer. The driver itself only reports
 * that it waited in vain: such a server may become what is asked for, so the watcher goes on trying.
 *
 * <p>Stateless and thread-safe.
 */
final class UnfitServers {

    private UnfitServers() {}

    /** What is wrong, with the remedy; empty if a server fits or none has answered. */
    static Optional<String> obstacle(ClusterDescription cluster, ReadPreference preference) {
        String ghosts = cluster.getServerDescriptions().stream()
                .filter(server -> server.getType() == ServerType.REPLICA_SET_GHOST)
                .map(server -> server.getAddress().toString())
                .collect(Collectors.joining(", "));
        if (!ghosts.isEmpty() && preference.choose(cluster).isEmpty()) {
            return Optional.of("The server at " + ghosts + " was started with --replSet, but its replica set is not "
                    + "initiated. Run rs.initiate() on it once.");
        }
        return allWereRemoved(cluster) ? Optional.of(noneOfThatName(cluster)) : Optional.empty();
    }

    /** The driver strikes out who answers and is in no replica set, or in one of another name. */
    private static boolean allWereRemoved(ClusterDescription cluster) {
        return cluster.getServerDescriptions().isEmpty()
                && cluster.getSrvResolutionException() == null
                && cluster.getClusterSettings() != null
                && cluster.getClusterSettings().getRequiredReplicaSetName() != null;
    }

    private static String noneOfThatName(ClusterDescription cluster) {
        ClusterSettings asked = cluster.getClusterSettings();
        String hosts = asked.getHosts().stream().map(Object::toString).collect(Collectors.joining(", "));
        return "The server at " + hosts + " answers, but is not in a replica set named '"
                + asked.getRequiredReplicaSetName()
                + "', as the connection string asks with replicaSet=. Correct that name; or, if the server is in no set, start "
                + "mongod with --replSet and run rs.initiate().";
    }
}
