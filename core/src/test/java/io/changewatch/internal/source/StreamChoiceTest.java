package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ReadPreference;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerConnectionState;
import com.mongodb.connection.ServerDescription;
import com.mongodb.connection.ServerType;
import io.changewatch.StreamSource;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class StreamChoiceTest {
    private static final ClusterDescription REPLICA_SET = cluster(
            ClusterType.REPLICA_SET,
            ServerType.REPLICA_SET_PRIMARY,
            ServerType.REPLICA_SET_SECONDARY,
            ServerType.REPLICA_SET_SECONDARY);
    private static final ClusterDescription WITHOUT_PRIMARY =
            cluster(ClusterType.REPLICA_SET, ServerType.REPLICA_SET_SECONDARY, ServerType.REPLICA_SET_SECONDARY);
    private static final ClusterDescription STANDALONE = cluster(ClusterType.STANDALONE, ServerType.STANDALONE);
    private static final ClusterDescription ONE_MONGOS = cluster(ClusterType.SHARDED, ServerType.SHARD_ROUTER);
    private static final ClusterDescription TWO_MONGOS =
            cluster(ClusterType.SHARDED, ServerType.SHARD_ROUTER, ServerType.SHARD_ROUTER);
    private static final ClusterDescription LOAD_BALANCED =
            cluster(ClusterType.LOAD_BALANCED, ServerType.LOAD_BALANCER);
    private static final ClusterDescription UNKNOWN = cluster(ClusterType.UNKNOWN, ServerType.UNKNOWN);

    private static ClusterDescription cluster(ClusterType type, ServerType... servers) {
        List<ServerDescription> descriptions =
                Arrays.stream(servers).map(StreamChoiceTest::server).toList();
        return new ClusterDescription(ClusterConnectionMode.MULTIPLE, type, descriptions);
    }

    private static ServerDescription server(ServerType type) {
        return ServerDescription.builder()
                .address(new ServerAddress())
                .type(type)
                .state(ServerConnectionState.CONNECTED)
                .ok(true)
                .build();
    }

    static Stream<Arguments> choices() {
        ReadPreference primary = ReadPreference.primary();
        return Stream.of(
                Arguments.of(REPLICA_SET, primary, StreamSource.COMMANDS),
                Arguments.of(WITHOUT_PRIMARY, primary, StreamSource.COMMANDS),
                Arguments.of(STANDALONE, primary, StreamSource.COMMANDS),
                Arguments.of(UNKNOWN, primary, StreamSource.COMMANDS),
                Arguments.of(ONE_MONGOS, primary, StreamSource.COMMANDS),
                Arguments.of(TWO_MONGOS, primary, StreamSource.PUBLISHER),
                Arguments.of(LOAD_BALANCED, primary, StreamSource.PUBLISHER),
                Arguments.of(REPLICA_SET, ReadPreference.secondary(), StreamSource.PUBLISHER),
                Arguments.of(REPLICA_SET, ReadPreference.primaryPreferred(), StreamSource.PUBLISHER),
                Arguments.of(REPLICA_SET, ReadPreference.nearest(), StreamSource.PUBLISHER),
                Arguments.of(UNKNOWN, ReadPreference.secondaryPreferred(), StreamSource.PUBLISHER),
                Arguments.of(ONE_MONGOS, ReadPreference.secondary(), StreamSource.PUBLISHER),
                Arguments.of(TWO_MONGOS, ReadPreference.secondary(), StreamSource.PUBLISHER));
    }

    @ParameterizedTest
    @MethodSource("choices")
    void decidesByTheServersAndTheReadPreference(
            ClusterDescription cluster, ReadPreference preference, StreamSource expected) {
        StreamChoice choice = StreamChoice.of(StreamSource.AUTO, preference, cluster);

        assertThat(choice.source()).isEqualTo(expected);
        assertThat(choice.warning()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"COMMANDS", "PUBLISHER"})
    void doesAsItIsTold(StreamSource asked) {
        assertThat(choices()
                        .map(row -> StreamChoice.of(
                                asked, (ReadPreference) row.get()[1], (ClusterDescription) row.get()[0])))
                .allMatch(choice -> choice.source() == asked);
    }

    @Test
    void saysWhy() {
        assertThat(StreamChoice.of(StreamSource.AUTO, ReadPreference.primary(), TWO_MONGOS)
                        .reason())
                .isEqualTo("the client knows 2 mongos");
        assertThat(StreamChoice.of(StreamSource.AUTO, ReadPreference.primary(), LOAD_BALANCED)
                        .reason())
                .isEqualTo("a load balancer stands before the servers");
        assertThat(StreamChoice.of(StreamSource.AUTO, ReadPreference.secondary(), REPLICA_SET)
                        .reason())
                .isEqualTo("the client's read preference is secondary");
    }

    @Test
    void warnsWhereCommandsMayReachAnotherServer() {
        assertThat(StreamChoice.of(StreamSource.COMMANDS, ReadPreference.primary(), TWO_MONGOS)
                        .warning())
                .contains(
                        "source(COMMANDS) does not work reliably here, as the client knows 2 mongos: a getMore may reach a "
                                + "server that does not know its cursor, and the stream is opened again each time.");
        assertThat(StreamChoice.of(StreamSource.COMMANDS, ReadPreference.secondary(), REPLICA_SET)
                        .warning())
                .isEmpty();
    }
}
