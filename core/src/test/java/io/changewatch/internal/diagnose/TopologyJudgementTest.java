package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.TOPOLOGY;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoSocketOpenException;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterSettings;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerConnectionState;
import com.mongodb.connection.ServerDescription;
import com.mongodb.connection.ServerSettings;
import com.mongodb.connection.ServerType;
import io.changewatch.diagnose.Finding;
import io.changewatch.diagnose.ServerFacts.Member;
import io.changewatch.diagnose.ServerFacts.Topology;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TopologyJudgementTest {
    private static final Answer NOT_TOLD = Streams.unauthorized();
    private static final int V5 = 13;
    private static final int V6 = 17;

    private static ClusterDescription cluster(ClusterType type, ServerDescription... servers) {
        return new ClusterDescription(
                ClusterConnectionMode.MULTIPLE,
                type,
                List.of(servers),
                ClusterSettings.builder().build(),
                ServerSettings.builder().build());
    }

    private static ServerDescription server(String host, ServerType type, int wireVersion) {
        boolean isKnown = type != ServerType.UNKNOWN;
        return ServerDescription.builder()
                .address(new ServerAddress(host, 27017))
                .type(type)
                .ok(isKnown)
                .state(isKnown ? ServerConnectionState.CONNECTED : ServerConnectionState.CONNECTING)
                .maxWireVersion(wireVersion)
                .exception(
                        isKnown ? null : new MongoSocketOpenException("no", new ServerAddress(host), new IOException()))
                .build();
    }

    private static List<Finding> judge(ClusterDescription cluster) {
        return TopologyJudgement.judge(cluster, NOT_TOLD);
    }

    @Test
    void aReplicaSetIsWhatItTakes() {
        ClusterDescription cluster = cluster(
                ClusterType.REPLICA_SET,
                server("db1", ServerType.REPLICA_SET_PRIMARY, V6),
                server("db2", ServerType.REPLICA_SET_SECONDARY, V6),
                server("db3", ServerType.REPLICA_SET_ARBITER, V6));

        assertThat(judge(cluster))
                .containsExactly(Finding.of(OK, TOPOLOGY, "A replica set, whose primary is db1:27017."));
        assertThat(TopologyJudgement.members(cluster))
                .containsExactlyInAnyOrder(
                        new Member("db1:27017", "primary", "6.0"),
                        new Member("db2:27017", "secondary", "6.0"),
                        new Member("db3:27017", "arbiter", "6.0"));
    }

    @Test
    void aStandaloneHasNoChangeStreams() {
        assertThat(judge(cluster(ClusterType.STANDALONE, server("db1", ServerType.STANDALONE, V6))))
                .containsExactly(Finding.of(
                        PROBLEM,
                        TOPOLOGY,
                        "The server at db1:27017 is a standalone, and only replica sets have change streams.",
                        "Start mongod with --replSet and run rs.initiate(); one node is enough."));
    }

    @Test
    void aSetNeedsAPrimary() {
        assertThat(judge(cluster(ClusterType.REPLICA_SET, server("db2", ServerType.REPLICA_SET_SECONDARY, V6))))
                .containsExactly(Finding.of(
                        PROBLEM,
                        TOPOLOGY,
                        "The replica set has no primary that this client reaches; a watcher waits for one. Reached: db2:27017.",
                        "Look at rs.status(): a majority of the members must be up. A client that connects to one member only "
                                + "(directConnection=true) must connect to the primary."));
    }

    @Test
    void namesMembersThatAreNotReached() {
        assertThat(judge(cluster(
                        ClusterType.REPLICA_SET,
                        server("db1", ServerType.REPLICA_SET_PRIMARY, V6),
                        server("db2", ServerType.UNKNOWN, 0))))
                .contains(Finding.of(
                        WARNING,
                        TOPOLOGY,
                        "Not reached: db2:27017. A stream ends, and waits, where no majority is left.",
                        "Start the missing members, and see that this machine can reach them under these names."));
    }

    @Test
    void saysNothingOfAMemberThatIsBeingAsked() {
        ServerDescription asked = ServerDescription.builder()
                .address(new ServerAddress("db2"))
                .type(ServerType.UNKNOWN)
                .state(ServerConnectionState.CONNECTING)
                .build();

        assertThat(judge(cluster(ClusterType.REPLICA_SET, server("db1", ServerType.REPLICA_SET_PRIMARY, V6), asked)))
                .hasSize(1);
    }

    @Test
    void namesMembersOfDifferentReleases() {
        assertThat(judge(cluster(
                        ClusterType.REPLICA_SET,
                        server("db1", ServerType.REPLICA_SET_PRIMARY, V6),
                        server("db2", ServerType.REPLICA_SET_SECONDARY, V5))))
                .filteredOn(finding -> finding.severity() == NOTE)
                .singleElement()
                .satisfies(finding -> assertThat(finding.found())
                        .startsWith("The members are of different releases: ")
                        .contains("db1:27017 (primary, 6.0)", "db2:27017 (secondary, 5.0)"));
    }

    @Test
    void oneMongosWorksAndHidesItsOplogs() {
        ClusterDescription cluster = cluster(ClusterType.SHARDED, server("router1", ServerType.SHARD_ROUTER, V6));

        assertThat(TopologyJudgement.topology(cluster)).isEqualTo(Topology.SHARDED);
        assertThat(judge(cluster))
                .containsExactly(Finding.of(
                        NOTE,
                        TOPOLOGY,
                        "A sharded cluster through one mongos. Its oplogs cannot be seen, so headroom stays unknown; and "
                                + "ChangeWatch has not been tested with a mongos."));
    }

    @Test
    void severalMongosAnswerForEachOther() {
        assertThat(judge(cluster(
                        ClusterType.SHARDED,
                        server("router1", ServerType.SHARD_ROUTER, V6),
                        server("router2", ServerType.SHARD_ROUTER, V6))))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(NOTE);
                    assertThat(finding.found()).startsWith("The client knows 2 mongos (router");
                    assertThat(finding.found()).contains("headroom stays unknown");
                });
    }

    @Test
    void behindALoadBalancerNobodyKnowsWhoAnswers() {
        ClusterDescription cluster = cluster(ClusterType.LOAD_BALANCED, server("lb", ServerType.LOAD_BALANCER, 0));

        assertThat(judge(cluster))
                .containsExactly(Finding.of(
                        NOTE,
                        TOPOLOGY,
                        "The servers are behind a load balancer. ChangeWatch has not been tested with one."));
        assertThat(TopologyJudgement.members(cluster)).containsExactly(new Member("lb:27017", "load balancer", ""));
    }

    @Test
    void aQuietServerIsAWarning() {
        ClusterDescription cluster =
                cluster(ClusterType.REPLICA_SET, server("db1", ServerType.REPLICA_SET_PRIMARY, V6));

        assertThat(TopologyJudgement.judge(cluster, Streams.reply("{writePeriodicNoops: false, ok: 1}")))
                .contains(Finding.of(
                        WARNING,
                        TOPOLOGY,
                        "The parameter writePeriodicNoops is off: while nothing is written, the stream's position does not move, "
                                + "and nothing tells how far the watcher is behind.",
                        "Start the servers without writePeriodicNoops=false."));
        assertThat(TopologyJudgement.judge(cluster, Streams.reply("{writePeriodicNoops: true, ok: 1}")))
                .hasSize(1);
    }
}
