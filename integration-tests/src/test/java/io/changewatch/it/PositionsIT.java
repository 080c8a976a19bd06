package io.changewatch.it;

import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.operation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.HistoryLostDecision.HistoryLost;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.Insert;
import io.changewatch.event.ResumeToken;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.Checkpoint;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/**
 * Where a watcher is, and whether it can go on from there, on a server whose oplog is rolled over once: before that, an idle
 * and a filtered watcher are running, and a third has left its checkpoint.
 */
@BothSources
class PositionsIT {
    @Parameter
    StreamSource given;

    private static final Pipeline NOTHING =
            Pipeline.matching(operation(INSERT).and(document("status").eq("never")));

    private static StreamSource source;
    private static InMemoryResumeTokenStore store;
    private static LocalReplicaSet servers;
    private static MongoClient client;
    private static String database;
    private static final int KEPT = 3;
    private static BsonTimestamp left;
    private static BsonTimestamp rolledOver;

    private final List<ChangeEvent<Document>> events = new CopyOnWriteArrayList<>();

    @BeforeParameterizedClassInvocation
    static void rollTheOplogOver(StreamSource which) {
        source = which;
        store = new InMemoryResumeTokenStore();
        servers = OplogRollover.startServer();
        client = MongoClients.create(servers.connectionString());
        database = TestServer.newDatabaseName();
        leaveCheckpoint("left-and-told-to-fail");
        leaveCheckpoint("left-and-told-to-go-on");
        leaveCheckpoint("left-and-told-to-go-back");
        left = stored("left-and-told-to-go-on");
        try (ChangeWatcher idle = watcher("idle").onEvent(event -> {}).start();
                ChangeWatcher filtered = watcher("filtered")
                        .pipeline(NOTHING)
                        .onEvent(event -> {})
                        .start()) {
            insert(10);
            OplogRollover.pushThePresentOut(
                    servers, client, () -> List.of(idle, filtered).forEach(PositionsIT::awaitLook));
            rolledOver = now();
            eventually(() -> stored(idle.name()).compareTo(rolledOver) >= 0);
            eventually(() -> stored(filtered.name()).compareTo(rolledOver) >= 0);
            assertThat(filtered.stats().totalEvents()).isZero();
        }
        insert(KEPT); // by nobody watched, but in the oplog
    }

    /** A place is looked for behind what was written: looks at a quiet stream are seconds apart, and this oplog is not longer. */
    private static void awaitLook(ChangeWatcher quiet) {
        long before = quiet.stats().batches();
        eventually(() -> quiet.stats().batches() >= before + (source == StreamSource.PUBLISHER ? 2 : 0));
    }

    @AfterParameterizedClassInvocation
    static void stopServer() {
        client.close();
        servers.close();
    }

    private static ChangeWatcherBuilder<Document> watcher(String name) {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .source(source)
                .name(name)
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(store);
    }

    private static void leaveCheckpoint(String name) {
        try (ChangeWatcher watcher = watcher(name).onEvent(event -> {}).start()) {
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void anIdleWatcherResumesAfterTheRollover() {
        try (ChangeWatcher again = watcher("idle").onEvent(events::add).start()) {
            insert(1);
            eventually(() -> !events.isEmpty());
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void aFilteredWatcherResumesAfterTheRollover() {
        try (ChangeWatcher again =
                watcher("filtered").pipeline(NOTHING).onEvent(events::add).start()) {
            eventually(() -> again.stats().batches() > 2);
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void failsLoudlyWhenTheHistoryIsLost() throws InterruptedException {
        ChangeWatcher again =
                watcher("left-and-told-to-fail").onEvent(events::add).build();

        assertThatThrownBy(() -> startAndThrowWhatEndsIt(again))
                .isInstanceOf(HistoryLostException.class)
                .hasMessageStartingWith(
                        "Cannot resume watcher 'left-and-told-to-fail': the oplog no longer reaches back to its position of ")
                .hasMessageMatching(".*the oplog's oldest entry, of \\S+Z, are lost to it.*")
                .hasMessageEndingWith(
                        "choose whenHistoryLost(HistoryLostPolicy.RESTART_FROM_OLDEST) or RESTART_FROM_NOW."
                                + " diagnose() on the builder tells more.");
        assertThat(again.awaitTermination(LIMIT)).isTrue();
        assertThat(again.state()).isEqualTo(WatcherState.FAILED);
        assertThat(events).isEmpty();
    }

    private static void startAndThrowWhatEndsIt(ChangeWatcher watcher) throws Throwable {
        watcher.start();
        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        throw watcher.failure().orElseThrow();
    }

    @Test
    void handsOutTheGapWhenToldToGoOn() {
        try (ChangeWatcher again = watcher("left-and-told-to-go-on")
                .whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW)
                .onEvent(events::add)
                .start()) {
            eventually(() -> !events.isEmpty());
            insert(1);
            eventually(() -> events.size() == 2);
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(events.get(0)).isInstanceOfSatisfying(Gap.class, gap -> {
            assertThat(gap.from()).isEqualTo(left);
            assertThat(gap.to()).isGreaterThanOrEqualTo(rolledOver);
        });
        assertThat(events.get(1)).isInstanceOf(Insert.class);
    }

    /** Row 22: the gap ends where the oplog begins, and what it still holds is handed out. */
    @Test
    void handsOutWhatTheOplogStillHoldsWhenToldToGoBack() {
        BsonTimestamp position = stored("left-and-told-to-go-back");
        List<HistoryLost> asked = new CopyOnWriteArrayList<>();
        try (ChangeWatcher again = watcher("left-and-told-to-go-back")
                .whenHistoryLost(lost -> {
                    asked.add(lost);
                    return HistoryLostPolicy.RESTART_FROM_OLDEST;
                })
                .onEvent(events::add)
                .start()) {
            eventually(() -> events.size() > KEPT);
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
        BsonTimestamp oldest = asked.get(0).oldest().orElseThrow();
        assertThat(asked).hasSize(1);
        assertThat(asked.get(0).position()).hasValue(position);
        assertThat(events).filteredOn(Gap.class::isInstance).hasSize(1);
        assertThat(events.get(0)).isInstanceOfSatisfying(Gap.class, gap -> {
            assertThat(gap.from()).isEqualTo(position);
            assertThat(gap.to()).isEqualTo(oldest).isGreaterThan(position).isLessThanOrEqualTo(rolledOver);
            assertThat(gap.policy()).isEqualTo(HistoryLostPolicy.RESTART_FROM_OLDEST);
        });
    }

    /** Row 26: the server itself accepts a post-batch token of another cluster. */
    @Test
    void refusesACheckpointOfAnotherCluster() {
        try (ChangeWatcher elsewhere = ChangeWatcher.of(TestServer.client())
                .collection(database, "orders")
                .source(source)
                .name("moved")
                .resumeFrom(store)
                .onEvent(event -> {})
                .start()) {
            assertThat(elsewhere.state()).isEqualTo(WatcherState.RUNNING);
        }

        assertThatThrownBy(() -> watcher("moved").onEvent(events::add).start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("The checkpoint 'moved' was made on the replica set ")
                .hasMessageEndingWith("or delete the checkpoint with store.delete(\"moved\")."
                        + " diagnose() on the builder tells more.");
    }

    @Test
    void refusesATokenOfTheFuture() {
        String inAnHour = String.format("%08X", now().getTime() + 3_600);
        StartPosition future = StartPosition.after(
                new ResumeToken(new BsonDocument("_data", new BsonString("82" + inAnHour + "000000012B0429296E1404"))));

        assertThatThrownBy(() ->
                        watcher("future").startFrom(future).onEvent(events::add).start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("lies in the future of the cluster");
    }

    @Test
    void beginsAtAClusterTimeOrAToken() {
        BsonTimestamp before = now();
        insert(3);
        try (ChangeWatcher watcher = watcher("at")
                .startFrom(StartPosition.at(before))
                .onInsert(events::add)
                .start()) {
            eventually(() -> events.size() >= 3);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        StartPosition second = StartPosition.after(events.get(events.size() - 3).resumeToken());
        events.clear();

        try (ChangeWatcher watcher =
                watcher("after").startFrom(second).onInsert(events::add).start()) {
            eventually(() -> events.size() == 2);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void resumesWithAnotherPipelineAndLeavesOutWhatWasHandled() {
        try (ChangeWatcher watcher = watcher("changed").onEvent(events::add).start()) {
            insert(5);
            eventually(() -> events.size() == 5);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        insert(5);

        try (ChangeWatcher watcher = watcher("changed")
                .pipeline(Pipeline.matching(operation(INSERT)))
                .onEvent(events::add)
                .start()) {
            eventually(() -> events.size() == 10);
            insert(1);
            eventually(() -> events.size() == 11);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(events.stream().map(ChangeEvent::resumeToken).distinct()).hasSize(11);
    }

    private static BsonTimestamp stored(String name) {
        return store.load(name).map(Checkpoint::clusterTime).orElseThrow();
    }

    private static BsonTimestamp now() {
        return OplogRollover.now(servers);
    }

    private static void insert(int count) {
        MongoCollection<Document> orders = client.getDatabase(database).getCollection("orders");
        Publishers.await(orders.insertMany(
                IntStream.range(0, count).mapToObj(i -> new Document("n", i)).toList()));
    }
}
