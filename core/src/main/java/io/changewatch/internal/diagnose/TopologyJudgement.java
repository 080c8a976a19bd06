package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.TOPOLOGY;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;

import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ServerDescription;
import com.mongodb.connection.ServerType;
import io.changewatch.diagnose.Finding;
import io.changewatch.diagnose.ServerFacts.Member;
import io.changewatch.diagnose.ServerFacts.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;

/**
 * What the driver sees of a deployment, and whether a watcher can live on it.
 *
 * <p>Stateless and thread-safe.
 */
public final class TopologyJudgement {
    /** What to do about a server that is in no set. */
    public static final String STANDALONE_REMEDY =
            "Start mongod with --replSet and run rs.initiate(); one node is enough.";

    private TopologyJudgement() {}

    /** The kind of this deployment. */
    public static Topology topology(ClusterDescription cluster) {
        return switch (cluster.getType()) {
            case REPLICA_SET -> Topology.REPLICA_SET;
            case SHARDED -> Topology.SHARDED;
            case LOAD_BALANCED -> Topology.LOAD_BALANCED;
            case STANDALONE -> Topology.STANDALONE;
            default -> Topology.UNKNOWN;
        };
    }

    /** The servers that have answered. */
    public static List<Member> members(ClusterDescription cluster) {
        return answering(cluster)
                .map(server -> new Member(server.getAddress().toString(), role(server.getType()), release(server)))
                .toList();
    }

    private static String release(ServerDescription server) {
        boolean isUnknown = server.getType() == ServerType.LOAD_BALANCER; // the driver does not ask it
        return isUnknown ? "" : WireVersions.release(server.getMaxWireVersion());
    }

    private static String role(ServerType type) {
        return switch (type) {
            case REPLICA_SET_PRIMARY -> "primary";
            case REPLICA_SET_SECONDARY -> "secondary";
            case REPLICA_SET_ARBITER -> "arbiter";
            case REPLICA_SET_GHOST -> "not initiated";
            case REPLICA_SET_OTHER -> "other";
            case SHARD_ROUTER -> "mongos";
            case STANDALONE -> "standalone";
            case LOAD_BALANCER -> "load balancer";
            default -> "unknown";
        };
    }

    private static Stream<ServerDescription> answering(ClusterDescription cluster) {
        return cluster.getServerDescriptions().stream()
                .filter(server -> server.isOk() && server.getType() != ServerType.UNKNOWN);
    }

    /** Findings about a deployment of which a server has answered. */
    public static List<Finding> judge(ClusterDescription cluster, Answer parameters) {
        List<Finding> findings = new ArrayList<>();
        findings.add(kind(cluster));
        unreached(cluster).ifPresent(findings::add);
        mixed(cluster).ifPresent(findings::add);
        if (parameters.reply().filter(TopologyJudgement::isQuiet).isPresent()) {
            findings.add(Finding.of(
                    WARNING,
                    TOPOLOGY,
                    "The parameter writePeriodicNoops is off: while nothing is written, the stream's position does not move, and "
                            + "nothing tells how far the watcher is behind.",
                    "Start the servers without writePeriodicNoops=false."));
        }
        return findings;
    }

    private static boolean isQuiet(BsonDocument parameters) {
        return BsonBoolean.FALSE.equals(parameters.get("writePeriodicNoops"));
    }

    private static Finding kind(ClusterDescription cluster) {
        return switch (topology(cluster)) {
            case STANDALONE ->
                Finding.of(
                        PROBLEM,
                        TOPOLOGY,
                        "The server at " + addresses(answering(cluster))
                                + " is a standalone, and only replica sets have change " + "streams.",
                        STANDALONE_REMEDY);
            case REPLICA_SET -> replicaSet(cluster);
            case SHARDED -> sharded(cluster);
            case LOAD_BALANCED ->
                Finding.of(
                        NOTE,
                        TOPOLOGY,
                        "The servers are behind a load balancer. ChangeWatch has not been tested with one.");
            case UNKNOWN ->
                Finding.of(PROBLEM, TOPOLOGY, "No server tells what it is.", "See the finding about the connection.");
        };
    }

    private static Finding replicaSet(ClusterDescription cluster) {
        return answering(cluster)
                .filter(server -> server.getType() == ServerType.REPLICA_SET_PRIMARY)
                .findFirst()
                .map(primary ->
                        Finding.of(OK, TOPOLOGY, "A replica set, whose primary is " + primary.getAddress() + "."))
                .orElseGet(() -> Finding.of(
                        PROBLEM,
                        TOPOLOGY,
                        "The replica set has no primary that this client reaches; a watcher waits for one. Reached: "
                                + addresses(answering(cluster)) + ".",
                        "Look at rs.status(): a majority of the members must be up. A client that connects to one member only "
                                + "(directConnection=true) must connect to the primary."));
    }

    private static Finding sharded(ClusterDescription cluster) {
        long routers = answering(cluster)
                .filter(server -> server.getType() == ServerType.SHARD_ROUTER)
                .count();
        return routers > 1
                ? Finding.of(
                        NOTE,
                        TOPOLOGY,
                        "The client knows " + routers + " mongos (" + addresses(answering(cluster))
                                + "). Their oplogs cannot be seen, so headroom stays unknown; and ChangeWatch has not been "
                                + "tested with a mongos.")
                : Finding.of(
                        NOTE,
                        TOPOLOGY,
                        "A sharded cluster through one mongos. Its oplogs cannot be seen, so headroom stays unknown; and "
                                + "ChangeWatch has not been tested with a mongos.");
    }

    private static Optional<Finding> unreached(ClusterDescription cluster) {
        List<ServerDescription> missing = cluster.getServerDescriptions().stream()
                .filter(server -> !server.isOk() && server.getException() != null) // others are being asked
                .toList();
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.of(
                        WARNING,
                        TOPOLOGY,
                        "Not reached: " + addresses(missing.stream())
                                + ". A stream ends, and waits, where no majority is left.",
                        "Start the missing members, and see that this machine can reach them under these names."));
    }

    private static Optional<Finding> mixed(ClusterDescription cluster) {
        long releases = answering(cluster)
                .filter(server -> server.isPrimary() || server.isSecondary())
                .map(TopologyJudgement::release)
                .distinct()
                .count();
        return releases <= 1
                ? Optional.empty()
                : Optional.of(Finding.of(
                        NOTE,
                        TOPOLOGY,
                        "The members are of different releases: " + members(cluster)
                                + ". After a failover another one answers."));
    }

    private static String addresses(Stream<ServerDescription> servers) {
        return String.join(
                ", ", servers.map(server -> server.getAddress().toString()).toList());
    }
}
