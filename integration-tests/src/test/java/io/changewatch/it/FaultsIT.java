package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoTimeoutException;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/**
 * Faults of a three-node replica set while a writer writes and a watcher watches: nothing is lost, the order is kept,
 * nothing comes twice, and events flow again within 20 s of the fault's end.
 */
@BothSources
class FaultsIT {
    @Parameter
    StreamSource source;

    private static final int SOME = 50;
    /** So many attempts to find a server end without one before an outage ends. */
    private static final int OUTLASTED = 4;

    private static final Duration RECOVERED_WITHIN = Duration.ofSeconds(20);

    private static LocalReplicaSet servers;

    private final String database = "faults_" + UUID.randomUUID().toString().substring(0, 8);
    private final Handled handled = new Handled();
    private MongoClient client;
    private ChangeWatcher watcher;
    private SteadyWriter writer;

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.builder().members(3).start();
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @BeforeEach
    void startWatching() {
        client = MongoClients.create(servers.connectionString());
        watcher = watcherOf(client).start();
        writer = SteadyWriter.start(servers.connectionString(), database);
        eventually(() -> handled.count() >= SOME);
    }

    private ChangeWatcherBuilder<Document> watcherOf(MongoClient watching) {
        return ChangeWatcher.of(watching)
                .collection(database, "orders")
                .source(source)
                .name("faults")
                .resumeFrom(new InMemoryResumeTokenStore())
                .onEvent(handled::add);
    }

    @AfterEach
    void stopWatching() throws InterruptedException {
        watcher.close();
        writer.close();
        client.close();
        servers.awaitMembers(Duration.ofMinutes(1));
    }

    @Test
    void survivesAStepDownOfThePrimary() throws InterruptedException {
        servers.stepDown();

        expectAllInOrderOnce();
    }

    @Test
    void survivesTheDeathOfThePrimary() throws InterruptedException {
        int primary = servers.primary();
        servers.kill(primary);
        servers.awaitPrimary(Duration.ofSeconds(30));
        servers.restart(primary);

        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isPositive();
    }

    @Test
    void survivesTheDeathOfItsCursor() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            long before = watcher.stats().reconnects();
            killTheCursor();
            eventually(() -> watcher.stats().reconnects() > before);
            expectEventsAgain();
        }

        expectAllInOrderOnce();
    }

    @Test
    void survivesAnOutageOfAllNodes() throws InterruptedException {
        String uri = servers.connectionString();
        try (WatchedOrders impatient = WatchedOrders.start(uri + "&serverSelectionTimeoutMS=2000", uri)) {
            members().forEach(servers::kill);
            eventually(() -> attemptsWithoutAServer(impatient) >= OUTLASTED);
            assertThat(impatient.watcher().state()).isEqualTo(WatcherState.RECOVERING);
            members().forEach(servers::restart);
            servers.awaitPrimary(Duration.ofSeconds(30));

            impatient.expectAllInOrderOnce();
        }
        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isPositive();
    }

    private static IntStream members() {
        return IntStream.range(0, servers.size());
    }

    /** As the listener was told: the client gave each its server selection time-out. */
    private static long attemptsWithoutAServer(WatchedOrders orders) {
        return orders.troubles().stream()
                .filter(MongoTimeoutException.class::isInstance)
                .count();
    }

    @Test
    void survivesAPrimaryThatIsFrozen() throws InterruptedException {
        int primary = servers.primary();
        servers.freeze(primary);
        try {
            servers.awaitPrimary(Duration.ofSeconds(30)); // another one: a frozen member is not asked
        } finally {
            servers.thaw(primary);
        }

        expectAllInOrderOnce();
    }

    private void killTheCursor() {
        List<Document> seen = new ArrayList<>();
        eventually(() -> seen.addAll(cursors()));
        for (Document operation : seen) {
            Long cursor = operation.get("cursor", Document.class).getLong("cursorId");
            Publishers.await(client.getDatabase(database)
                    .runCommand(new Document("killCursors", "orders").append("cursors", List.of(cursor))));
        }
    }

    private List<Document> cursors() {
        return ServerCursors.find(client, new Document("ns", database + ".orders"));
    }

    private void expectEventsAgain() {
        int before = handled.count();
        await().atMost(RECOVERED_WITHIN).until(() -> handled.count() > before);
        eventually(() -> handled.count() >= before + SOME);
    }

    private void expectAllInOrderOnce() throws InterruptedException {
        expectEventsAgain();
        int written = writer.stop();
        eventually(() -> handled.count() >= written);
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(written));
        assertThat(handled.others()).isEmpty();
        watcher.close();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
    }
}
