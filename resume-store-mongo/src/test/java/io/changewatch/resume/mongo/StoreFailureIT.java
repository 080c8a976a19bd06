package io.changewatch.resume.mongo;

import static io.changewatch.resume.mongo.Checkpoints.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.testkit.LocalReplicaSet;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A store whose server fails in every way it can, on the store's own client: the watched server is not concerned. */
final class StoreFailureIT {

    private static final String WATCHER = "order-indexer";
    private static final String PLACE = "shop.changewatch_checkpoints";
    private static final Duration SHORT = Duration.ofMillis(700);
    /** As long as the driver looks for a server by itself. */
    private static final Duration WITHOUT_LIMIT = Duration.ofSeconds(30);

    private static final Duration RECOVERY = Duration.ofSeconds(60);

    private final List<BsonDocument> commands = new CopyOnWriteArrayList<>();
    private LocalReplicaSet servers;
    private MongoClient client; // null if no server could be started
    private MongoResumeTokenStore store;

    private void start(LocalReplicaSet started) {
        servers = started;
        client = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(servers.connectionString()))
                .addCommandListener(new CommandListener() {
                    @Override
                    public void commandStarted(CommandStartedEvent event) {
                        commands.add(event.getCommand().clone());
                    }
                })
                .build());
        store = MongoResumeTokenStore.in(client.getDatabase("shop"));
    }

    @AfterEach
    void close() {
        if (client != null) {
            client.close();
            servers.close();
        }
    }

    @Nested
    class OnAReplicaSet {

        @BeforeEach
        void startOne() {
            start(LocalReplicaSet.start());
        }

        @Test
        void savesWithOneConditionalWriteThatAMajorityAcknowledges() {
            store.save(WATCHER, number(1));
            commands.clear();

            store.save(WATCHER, number(2));

            assertThat(commands).hasSize(1);
            assertThat(commands.get(0).getFirstKey()).isEqualTo("update");
            assertThat(commands.get(0).getDocument("writeConcern"))
                    .isEqualTo(BsonDocument.parse("{w: 'majority', wtimeout: 10000}"));
        }

        @Test
        void saysWhatTheServerSaid() {
            failNext("update", "errorCode: 8000");
            assertThatThrownBy(() -> store.save(WATCHER, number(1)))
                    .isInstanceOf(StoreException.class)
                    .hasMessageStartingWith("Cannot save the checkpoint of watcher 'order-indexer' in " + PLACE
                            + ": MongoCommandException: Command execution failed on MongoDB server with error 8000")
                    .hasMessageEndingWith(". Check that the server is up and that the user may find, insert, update and"
                            + " remove there.");
            failNext("find", "errorCode: 8000");
            assertThatThrownBy(() -> store.load(WATCHER))
                    .isInstanceOf(StoreException.class)
                    .hasMessageStartingWith("Cannot load the checkpoint of watcher 'order-indexer' in " + PLACE);
            failNext("delete", "errorCode: 8000");
            assertThatThrownBy(() -> store.delete(WATCHER))
                    .isInstanceOf(StoreException.class)
                    .hasMessageStartingWith("Cannot delete the checkpoint of watcher 'order-indexer' in " + PLACE);

            store.save(WATCHER, number(1));
            assertThat(store.load(WATCHER)).contains(number(1));
        }

        @Test
        void savesThroughOneLostConnection() {
            failNext("update", "closeConnection: true");

            store.save(WATCHER, number(1));

            assertThat(store.load(WATCHER)).contains(number(1));
        }

        @Test
        void savesAgainAfterConnectionsWereLost() {
            fail("update", "closeConnection: true", 2);
            assertThatThrownBy(() -> store.save(WATCHER, number(1))).isInstanceOf(StoreException.class);

            store.save(WATCHER, number(1));

            assertThat(store.load(WATCHER)).contains(number(1));
        }

        /** The server has made the write, and says that it has failed. */
        @Test
        void mayRepeatASaveThatWasMadeAllTheSame() {
            store.save(WATCHER, number(1));
            failNext("update", "writeConcernError: {code: 64, errmsg: 'waiting for replication timed out'}");
            assertThatThrownBy(() -> store.save(WATCHER, number(2)))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("MongoWriteConcernException");
            await().atMost(RECOVERY).until(() -> store.load(WATCHER).equals(Optional.of(number(2))));

            store.save(WATCHER, number(2));
            store.save(WATCHER, number(3));

            assertThat(store.load(WATCHER)).contains(number(3));
            assertThatThrownBy(() -> store.save(WATCHER, number(2))).isInstanceOf(StaleCheckpointException.class);
        }

        @Test
        void endsAtItsTimeLimitWhileTheServerIsSilentAndGoesOnAfterwards() {
            store.save(WATCHER, number(1));
            MongoResumeTokenStore hasty = store.timeout(SHORT);
            servers.freeze(0);

            assertEndsInTime(() -> hasty.save(WATCHER, number(2)), "save");
            assertEndsInTime(() -> hasty.load(WATCHER), "load");
            assertEndsInTime(() -> hasty.delete("another"), "delete");

            servers.thaw(0);
            await().atMost(RECOVERY).ignoreExceptions().until(() -> isSaved(number(3)));
        }

        @Test
        void endsAtItsTimeLimitWhileTheServerIsDownAndGoesOnAfterwards() {
            store.save(WATCHER, number(1));
            MongoResumeTokenStore hasty = store.timeout(SHORT);
            servers.kill(0);

            assertEndsInTimeSomehow(() -> hasty.save(WATCHER, number(2)));
            assertEndsInTimeSomehow(() -> hasty.load(WATCHER));

            servers.restart(0);
            await().atMost(RECOVERY).ignoreExceptions().until(() -> isSaved(number(2)));
        }

        @Test
        void endsWhenItsThreadIsInterruptedAndLeavesItSo() {
            store.save(WATCHER, number(1));
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> store.load(WATCHER))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining(PLACE + ": this thread was interrupted. Check")
                    .hasCauseInstanceOf(InterruptedException.class);

            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Nested
    class OnThreeMembers {

        @BeforeEach
        void startThree() {
            start(LocalReplicaSet.builder().members(3).start());
        }

        @Test
        void losesNoAcknowledgedCheckpointWhenThePrimaryIsKilled() {
            int number = 1;
            for (; number <= 50; number++) {
                store.save(WATCHER, number(number));
            }
            servers.kill(servers.primary());

            Checkpoint next = number(number);
            await().atMost(RECOVERY).ignoreExceptions().until(() -> {
                assertThat(store.load(WATCHER)).contains(number(50));
                return isSaved(next);
            });
        }
    }

    /**
     * Row 41. After an election the new primary has everything that a majority acknowledged, but for a moment it does not know
     * that a majority has it. A store that asked for what is known would load an older checkpoint then: its watcher would
     * repeat more than promised, and be refused as stale at its first save.
     */
    @Nested
    class WhileTheSecondariesLagBehind {

        @BeforeEach
        void startThree() {
            start(LocalReplicaSet.builder().members(3).start());
            store.save(WATCHER, number(1));
            stopReplication("alwaysOn");
        }

        @AfterEach
        void replicateAgain() {
            stopReplication("off");
        }

        @Test
        void loadsWhatThePrimaryHas() {
            assertThatThrownBy(() -> store.timeout(SHORT).save(WATCHER, number(2)))
                    .as("a majority does not have it")
                    .isInstanceOf(StoreException.class);

            assertThat(store.load(WATCHER)).contains(number(2));
        }

        private void stopReplication(String mode) {
            for (int member = 0; member < servers.size(); member++) {
                if (member != servers.primary()) {
                    servers.runAdmin(
                            member,
                            BsonDocument.parse("{configureFailPoint: 'stopReplProducer', mode: '" + mode + "'}"));
                }
            }
        }
    }

    /** The store's server need not be one that can be watched. */
    @Nested
    class OnAStandaloneServer {

        @BeforeEach
        void startStandalone() {
            start(LocalReplicaSet.builder().standalone().start());
        }

        @Test
        void keepsCheckpointsOfAnotherServersWatcher() {
            store.save(WATCHER, number(1));
            store.save(WATCHER, number(2));

            assertThatThrownBy(() -> store.save(WATCHER, number(1))).isInstanceOf(StaleCheckpointException.class);
            assertThat(store.load(WATCHER)).contains(number(2));
            store.delete(WATCHER);
            assertThat(store.load(WATCHER)).isEmpty();
        }
    }

    private boolean isSaved(Checkpoint checkpoint) {
        store.save(WATCHER, checkpoint);
        return store.load(WATCHER).equals(Optional.of(checkpoint));
    }

    private void failNext(String command, String how) {
        fail(command, how, 1);
    }

    private void fail(String command, String how, int times) {
        servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: {times: " + times
                + "}, data: {failCommands: ['" + command + "'], " + how + "}}"));
    }

    private static void assertEndsInTime(Runnable call, String what) {
        long begin = System.nanoTime();
        assertThatThrownBy(call::run)
                .isInstanceOf(StoreException.class)
                .hasMessage("Cannot " + what + " the checkpoint of watcher '"
                        + (what.equals("delete") ? "another" : WATCHER)
                        + "' in " + PLACE
                        + ": no answer within PT0.7S. Check that the server is up and that the user may find,"
                        + " insert, update and remove there.");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(SHORT, WITHOUT_LIMIT);
    }

    private static void assertEndsInTimeSomehow(Runnable call) {
        long begin = System.nanoTime();
        assertThatThrownBy(call::run).isInstanceOf(StoreException.class).hasMessageContaining(PLACE);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(WITHOUT_LIMIT);
    }
}
