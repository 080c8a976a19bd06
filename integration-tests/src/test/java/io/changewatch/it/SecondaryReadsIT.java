package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.WatcherState;
import io.changewatch.testkit.LocalReplicaSet;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A watcher whose client reads from secondaries, and faults of the one that it reads from. */
class SecondaryReadsIT {
    private static final int MEMBERS = 3;

    private static LocalReplicaSet servers;
    private static List<MongoClient> members;

    private WatchedOrders orders;

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.builder().members(MEMBERS).start();
        // Otherwise one secondary may replicate from the other, and stand still with it: then nothing is committed for
        // long.
        ReplicaSetSettings.set(servers, "chainingAllowed", false);
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
        orders = WatchedOrders.start(
                servers.connectionString() + "&readPreference=secondary&localThresholdMS=1000",
                servers.connectionString());
    }

    @AfterEach
    void stopWatching() {
        orders.close();
        servers.awaitMembers(Duration.ofMinutes(1));
    }

    /** The member with the stream's cursor. */
    private int watched() {
        AtomicInteger member = new AtomicInteger(-1); // it may move on
        eventually(() -> {
            watchedNow().ifPresent(member::set);
            return member.get() >= 0;
        });
        return member.get();
    }

    private OptionalInt watchedNow() {
        return IntStream.range(0, MEMBERS).filter(this::isWatched).findFirst();
    }

    /** A look's cursor ends behind its first batch. */
    private boolean isWatched(int member) {
        return orders.cursors(members.get(member)).stream()
                .anyMatch(cursor -> cursor.getEmbedded(List.of("cursor", "nBatchesReturned"), 0L) > 1);
    }

    @Test
    void readsFromASecondaryAndLeavesNoCursorAnywhere() throws InterruptedException {
        assertThat(watched()).isNotEqualTo(servers.primary());

        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isZero();
        eventually(
                () -> members.stream().allMatch(member -> orders.cursors(member).isEmpty()));
    }

    @Test
    void readsOnFromAnotherWhenItsSecondaryIsKilled() throws InterruptedException {
        int secondary = watched();
        servers.kill(secondary);
        orders.expectSome();
        servers.restart(secondary);

        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isPositive();
    }

    @Test
    void readsOnFromAnotherWhenItsSecondaryIsFrozen() throws InterruptedException {
        int secondary = watched();
        servers.freeze(secondary);
        try {
            orders.expectSome();
        } finally {
            servers.thaw(secondary);
        }

        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isPositive();
    }

    /** Looks become rarer while they cannot be killed, and what they have left ends with their sessions. */
    @Test
    void leavesFewCursorsBehindWhereLooksCannotBeKilledAndNoneForLong() throws InterruptedException {
        int stream = orders.cursors(members.get(watched())).size();
        onEachMember("{configureFailPoint: 'failCommand', mode: 'alwaysOn', data: {failCommands: ['killCursors'], "
                + "appName: '" + WatchedOrders.APPLICATION + "', errorCode: 11601}}");
        orders.writer().stop();
        eventually(() -> cursors() > 2);
        WatchedOrders.during(Duration.ofSeconds(5));
        assertThat(cursors()).isLessThan(6);

        onEachMember("{configureFailPoint: 'failCommand', mode: 'off'}");
        orders.watcher().close();
        eventually(() -> {
            onEachMember("{refreshLogicalSessionCacheNow: 1}"); // by itself, every five minutes
            return cursors() == 0;
        });
        assertThat(stream).isEqualTo(1);
    }

    private static void onEachMember(String command) {
        for (int member = 0; member < MEMBERS; member++) {
            servers.runAdmin(member, Document.parse(command));
        }
    }

    private long cursors() {
        return members.stream()
                .mapToLong(member -> orders.cursors(member).size())
                .sum();
    }

    @Test
    void losesNothingWhenThePrimaryStepsDown() throws InterruptedException {
        servers.stepDown();

        orders.expectAllInOrderOnce();
    }

    @Test
    void isQuietWithoutAPrimaryAndGoesOnWithTheNext() throws InterruptedException {
        int primary = servers.primary();
        int watched = watched();
        int other = IntStream.range(0, MEMBERS)
                .filter(member -> member != primary && member != watched)
                .findFirst()
                .orElseThrow();
        servers.kill(primary);
        servers.kill(other);
        WatchedOrders.during(Duration.ofSeconds(8)); // no primary, and looks go on
        assertThat(orders.watcher().state()).isEqualTo(WatcherState.RUNNING);
        servers.restart(primary);
        servers.restart(other);
        servers.awaitPrimary(Duration.ofSeconds(30));

        orders.expectAllInOrderOnce();
    }
}
