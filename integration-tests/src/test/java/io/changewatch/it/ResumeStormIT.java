package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Row 18 of the fault matrix: the stream opens and its getMore fails, again and again, and the application's policy knows no
 * delay. The server is asked five times at once and then twice a second; afterwards nothing is lost, and nothing comes twice.
 */
@BothSources
class ResumeStormIT {
    @Parameter
    StreamSource source;

    private static final RetryPolicy AT_ONCE = (failures, elapsed, random) -> Optional.of(Duration.ZERO);
    private static final int BURST = 5;
    private static final double EACH_SECOND = 2;
    /** A busy machine may send one command late and the next in time. */
    private static final double LATE_SECONDS = 1;
    /** More than a storm's first second would have to be let through for this. */
    private static final int OPENINGS = 15;

    private static LocalReplicaSet server;

    private final Handled handled = new Handled();
    private final Openings openings = new Openings();
    private MongoClient client;
    private ChangeWatcher watcher;
    private SteadyWriter writer;

    @BeforeAll
    static void startServer() {
        server = LocalReplicaSet.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void startWatching() {
        String database = TestServer.newDatabaseName();
        client = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(server.connectionString() + "&appName=storm"))
                .addCommandListener(openings)
                .build());
        watcher = ChangeWatcher.of(client)
                .collection(database, "orders")
                .source(source)
                .name("storm")
                .retry(AT_ONCE)
                .resumeFrom(new InMemoryResumeTokenStore())
                .onEvent(handled::add)
                .start();
        writer = SteadyWriter.start(server.connectionString(), database);
        eventually(() -> handled.count() > 0);
    }

    @AfterEach
    void stopWatching() {
        endTheStorm();
        watcher.close();
        writer.close();
        client.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "errorCode: 234, errorLabels: ['ResumableChangeStreamError']",
                "errorCode: 8, errorLabels: []",
                "closeConnection: true"
            })
    void asksNoOftenerThanAllowedWhileEveryGetMoreFails(String failure) throws InterruptedException {
        fail(
                "{configureFailPoint: 'failCommand', mode: 'alwaysOn', data: {failCommands: ['getMore'], appName: 'storm', "
                        + failure + "}}");
        expectNoStorm();
        eventually(() ->
                watcher.stats().activity() == WatcherActivity.STALLED); // the driver's aggregate brings some events

        expectAllInOrderOnce();
    }

    @Test
    void asksNoOftenerThanAllowedWhileEveryGetMoreFailsOnItsCursor() throws InterruptedException {
        fail("{configureFailPoint: 'failGetMoreAfterCursorCheckout', mode: 'alwaysOn', data: {errorCode: 6}}");
        expectNoStorm();
        eventually(() -> watcher.stats().activity() == WatcherActivity.STALLED);

        expectAllInOrderOnce();
    }

    @Test
    void asksNoOftenerThanAllowedWhereStreamsBringSomethingAndFail() throws InterruptedException {
        fail(
                "{configureFailPoint: 'failCommand', mode: {activationProbability: 0.5}, data: {failCommands: ['getMore'], "
                        + "appName: 'storm', errorCode: 234, errorLabels: ['ResumableChangeStreamError']}}");
        int before = handled.count();
        expectNoStorm();
        assertThat(handled.count()).isGreaterThan(before);

        expectAllInOrderOnce();
    }

    private static void fail(String failPoint) {
        server.setFailPoint(BsonDocument.parse(failPoint));
    }

    private static void endTheStorm() {
        server.clearFailPoint("failCommand");
        server.clearFailPoint("failGetMoreAfterCursorCheckout");
    }

    private void expectNoStorm() {
        eventually(() -> openings.count() > OPENINGS);
        openings.expectRate();
    }

    private void expectAllInOrderOnce() throws InterruptedException {
        endTheStorm();
        int written = writer.stop();
        eventually(() -> handled.count() >= written);
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(written));
        assertThat(handled.others()).isEmpty();
        assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        openings.expectRate();
    }

    /** When a client opened a change stream. Thread-safe. */
    private static final class Openings implements CommandListener {
        private final List<Long> nanos = new CopyOnWriteArrayList<>();

        @Override
        public void commandStarted(CommandStartedEvent event) {
            if (event.getCommandName().equals("aggregate") && isOpening(requireNonNull(event.getCommand()))) {
                nanos.add(System.nanoTime());
            }
        }

        /** Either source begins with an answer without events; looks at a quiet stream ask for one. */
        private static boolean isOpening(BsonDocument aggregate) {
            return aggregate.getDocument("cursor").getInt32("batchSize").getValue() == 0;
        }

        int count() {
            return nanos.size();
        }

        /** Holds for every stretch of time between two openings. */
        void expectRate() {
            List<Long> times = List.copyOf(nanos);
            for (int from = 0; from < times.size(); from++) {
                for (int to = from; to < times.size(); to++) {
                    double seconds = (times.get(to) - times.get(from)) / 1e9;
                    assertThat((double) (to - from + 1))
                            .as("openings within %s s", seconds)
                            .isLessThanOrEqualTo(BURST + EACH_SECOND * (seconds + LATE_SECONDS));
                }
            }
        }
    }
}
