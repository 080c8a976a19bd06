package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.testkit.LocalReplicaSet;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** Faults of the members of a replica set, beside those of {@link FaultsIT}. */
@BothSources
class ReplicaSetFaultsIT {
    @Parameter
    StreamSource source;

    private static final int MEMBERS = 3;
    private static final Duration A_WHILE = Duration.ofSeconds(4);
    /** In a while, one getMore a second is sent and answered; a busy loop would send thousands. */
    private static final int FEW = 20;

    private static LocalReplicaSet servers;
    private static List<MongoClient> members;

    private WatchedOrders orders;

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.builder()
                .members(MEMBERS)
                .parameter("shutdownTimeoutMillisForSignaledShutdown", "2000") // 15 s by default
                .start();
        members = IntStream.range(0, MEMBERS)
                .mapToObj(member -> MongoClients.create(servers.connectionString(member)))
                .toList();
    }

    @AfterAll
    static void stopServers() {
        members.forEach(MongoClient::close);
        servers.close();
    }

    @BeforeEach
    void startWatching() {
        orders = WatchedOrders.start(servers.connectionString(), source);
    }

    @AfterEach
    void stopWatching() {
        orders.close();
        servers.awaitMembers(Duration.ofMinutes(1));
    }

    @Test
    @DisplayName("row 3: a secondary is killed and restarted")
    void noticesNothingOfTheDeathOfASecondary() throws InterruptedException {
        int secondary = secondaries().get(0);
        servers.kill(secondary);
        orders.expectSome();
        servers.restart(secondary);

        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isZero();
    }

    @Test
    @DisplayName("row 4: a rolling restart, each member with a clean SIGTERM")
    void survivesARollingRestart() throws InterruptedException {
        for (int member = 0; member < MEMBERS; member++) {
            servers.restart(member);
            servers.awaitMembers(Duration.ofMinutes(1));
        }

        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isPositive();
    }

    @Test
    @DisplayName("row 5: the primary is frozen, and stays so until its successor is watched")
    void readsOnFromTheSuccessorOfAFrozenPrimary() throws InterruptedException {
        int former = servers.primary();
        servers.freeze(former);
        try {
            servers.awaitPrimary(Duration.ofSeconds(30)); // another one: a frozen member is not asked
            orders.expectSome();
        } finally {
            servers.thaw(former);
        }

        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isPositive();
    }

    @Test
    @DisplayName("row 6: the secondaries replicate nothing, so that nothing is committed by a majority")
    void isIdleWithoutMajorityCommits() throws InterruptedException {
        secondaries().forEach(member -> replication(member, "alwaysOn"));
        try {
            eventually(() -> !isMoving());
            int commands = orders.commands().count();
            WatchedOrders.during(A_WHILE);

            assertThat(orders.watcher().state()).isEqualTo(WatcherState.RUNNING);
            assertThat(orders.commands().count() - commands).isBetween(2, FEW);
        } finally {
            secondaries().forEach(member -> replication(member, "off"));
        }
        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isZero();
        assertThat(orders.troubles()).isEmpty();
    }

    private static void replication(int member, String stopped) {
        servers.runAdmin(member, new Document("configureFailPoint", "stopReplProducer").append("mode", stopped));
    }

    private boolean isMoving() throws InterruptedException {
        int before = orders.handled().count();
        WatchedOrders.during(Duration.ofSeconds(1));
        return orders.handled().count() > before;
    }

    @Test
    @DisplayName("row 6: a majority is frozen, so that there is no primary")
    void waitsQuietlyForAPrimaryWhileAMajorityIsFrozen() throws InterruptedException {
        List<Integer> frozen = secondaries();
        frozen.forEach(servers::freeze);
        try {
            eventually(() -> !isMoving());
            int commands = orders.commands().count();
            WatchedOrders.during(A_WHILE);

            assertThat(orders.commands().count() - commands).isLessThan(FEW);
        } finally {
            frozen.forEach(servers::thaw);
        }
        orders.expectAllInOrderOnce();
    }

    @Test
    @DisplayName("row 1: the former primary keeps no cursor")
    void leavesNoCursorOnAPrimaryThatSteppedDown() throws InterruptedException {
        int former = servers.primary();
        eventually(() -> orders.cursors(members.get(former)).size() == 1);
        servers.stepDown();
        orders.expectSome();

        if (source == StreamSource.COMMANDS) { // the driver reads on from the former primary
            eventually(() -> orders.cursors(members.get(former)).isEmpty());
        }
        orders.expectAllInOrderOnce();
        eventually(
                () -> members.stream().allMatch(member -> orders.cursors(member).isEmpty()));
    }

    @Test
    @DisplayName("row 1: the watcher is closed while the primary changes")
    void leavesNoCursorWhenClosedDuringAStepDown() {
        servers.stepDown();
        orders.watcher().close();

        assertThat(orders.watcher().state()).isEqualTo(WatcherState.STOPPED);
        eventually(
                () -> members.stream().allMatch(member -> orders.cursors(member).isEmpty()));
    }

    private static List<Integer> secondaries() {
        int primary = servers.primary();
        return IntStream.range(0, MEMBERS)
                .filter(member -> member != primary)
                .boxed()
                .toList();
    }
}
