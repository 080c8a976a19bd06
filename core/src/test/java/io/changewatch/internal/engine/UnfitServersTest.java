package io.changewatch.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ReadPreference;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterSettings;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerConnectionState;
import com.mongodb.connection.ServerDescription;
import com.mongodb.connection.ServerSettings;
import com.mongodb.connection.ServerType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class UnfitServersTest {
    private static final ServerAddress HOST = new ServerAddress("db1.example", 27017);

    private static Optional<String> obstacle(ServerDescription... servers) {
        ClusterSettings asked = ClusterSettings.builder()
                .hosts(List.of(HOST))
                .requiredReplicaSetName("rs0")
                .build();
        return UnfitServers.obstacle(
                new ClusterDescription(
                        ClusterConnectionMode.MULTIPLE,
                        ClusterType.REPLICA_SET,
                        List.of(servers),
                        asked,
                        ServerSettings.builder().build()),
                ReadPreference.primary());
    }

    private static ServerDescription server(ServerType type) {
        return ServerDescription.builder()
                .address(HOST)
                .type(type)
                .ok(type != ServerType.UNKNOWN)
                .state(type == ServerType.UNKNOWN ? ServerConnectionState.CONNECTING : ServerConnectionState.CONNECTED)
                .build();
    }

    @Test
    void namesASetThatIsNotInitiated() {
        assertThat(obstacle(server(ServerType.REPLICA_SET_GHOST)))
                .contains(
                        "The server at db1.example:27017 was started with --replSet, but its replica set is not initiated."
                                + " Run rs.initiate() on it once.");
    }

    @Test
    void namesTheSetThatNoServerIsIn() {
        assertThat(obstacle())
                .contains(
                        "The server at db1.example:27017 answers, but is not in a replica set named 'rs0', as the connection"
                                + " string asks with replicaSet=. Correct that name; or, if the server is in no set, start mongod with"
                                + " --replSet and run rs.initiate().");
    }

    @Test
    void isSilentWhereNobodyHasAnsweredYet() {
        assertThat(obstacle(server(ServerType.UNKNOWN))).isEmpty();
    }

    @Test
    void isSilentWhereThereIsAPrimary() {
        assertThat(obstacle(server(ServerType.REPLICA_SET_PRIMARY), server(ServerType.REPLICA_SET_GHOST)))
                .isEmpty();
    }

    @Test
    void isSilentWhereNoNameIsAskedFor() {
        assertThat(UnfitServers.obstacle(
                        new ClusterDescription(ClusterConnectionMode.MULTIPLE, ClusterType.UNKNOWN, List.of()),
                        ReadPreference.primary()))
                .isEmpty();
    }

    @Test
    void isSilentWhereASecondaryWillDo() {
        ClusterDescription withoutPrimary = new ClusterDescription(
                ClusterConnectionMode.MULTIPLE,
                ClusterType.REPLICA_SET,
                List.of(server(ServerType.REPLICA_SET_SECONDARY), server(ServerType.REPLICA_SET_GHOST)));

        assertThat(UnfitServers.obstacle(withoutPrimary, ReadPreference.primary()))
                .isPresent();
        assertThat(UnfitServers.obstacle(withoutPrimary, ReadPreference.secondary()))
                .isEmpty();
    }
}
