package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ClientClosedException;
import io.changewatch.internal.source.CommandChangeSource;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.StalledStreamException;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class CommandChangeSourceFaultsIT {

    private static LocalReplicaSet server;
    private static MongoClient direct;

    private final RecordedCommands commands = new RecordedCommands();

    @BeforeAll
    static void start() {
        server = LocalReplicaSet.builder().throughProxy().start();
        direct = MongoClients.create("mongodb://127.0.0.1:" + server.port(0) + "/?directConnection=true");
        Publishers.await(direct.getDatabase("shop").createCollection("orders"));
    }

    @AfterAll
    static void stop() {
        direct.close();
        server.close();
    }

    @AfterEach
    void endEveryFault() {
        server.proxy(0).resume();
        server.clearFailPoint("failCommand");
        eventually(() -> openCursors() == 0);
    }

    @Test
    void readsOnAfterAHalfOpenPoolWithDefaultSettings() throws Exception {
        try (MongoClient client = client("minPoolSize=5")) {
            CommandChangeSource source = new CommandChangeSource(
                    client, settings().maxAwait(Duration.ofSeconds(1)).build());
            ChangeCursor cursor = source.open(StartPosition.now());
            ResumeToken position = position(cursor.next());
            eventually(() -> server.proxy(0).connections() >= 5);

            server.proxy(0).freeze();
            insert();
            assertThatThrownBy(cursor::next).isInstanceOf(StalledStreamException.class);
            try (ChangeCursor second = source.open(StartPosition.after(position))) {
                awaitEvent(second);
                assertThat(source.stuckCommands()).isEqualTo(1);
                eventually(() -> openCursors() == 1);
            }
            server.proxy(0).resume(); // a client that is closed waits for ever behind a half-open connection
        }
    }

    @Test
    void closesWithoutWaitingForAGetMoreThatIsStuck() throws Exception {
        try (MongoClient client = client("")) {
            CommandChangeSource source = new CommandChangeSource(
                    client, settings().unresponsiveAfter(Duration.ofHours(1)).build());
            ChangeCursor cursor = source.open(StartPosition.now());
            cursor.next();
            server.proxy(0).freeze();

            assertThat(CompletableFuture.runAsync(cursor::close)).succeedsWithin(LIMIT);
            eventually(() -> openCursors() == 0);
            server.proxy(0).resume();
        }
    }

    @Test
    void allowsTheFirstGetMoreMoreTimeAfterEachFruitlessCursor() throws Exception {
        try (MongoClient client = client("appName=fruitless")) {
            CommandChangeSource source = new CommandChangeSource(
                    client, settings().unresponsiveAfter(Duration.ofSeconds(1)).build());
            block("getMore", "fruitless", 4_000);

            List<String> stalls = new ArrayList<>();
            while (!hasOpened(source, stalls)) {
                assertThat(stalls).hasSizeLessThan(5);
            }
            assertThat(stalls).hasSizeBetween(2, 3);
            assertThat(stalls.get(0)).contains("was not answered within PT1.25S", "may then take PT2.25S");
            assertThat(stalls.get(1)).contains("was not answered within PT2.25S", "may then take PT4.25S");
        }
    }

    private static boolean hasOpened(CommandChangeSource source, List<String> stalls) throws InterruptedException {
        try (ChangeCursor cursor = source.open(StartPosition.now())) {
            cursor.next();
            cursor.next();
            return true;
        } catch (StalledStreamException stalled) {
            stalls.add(stalled.getMessage());
            return false;
        }
    }

    @Test
    void passesTheServersErrorsOnWithTheirLabels() throws Exception {
        try (MongoClient client = client("appName=history")) {
            server.setFailPoint(
                    BsonDocument.parse(
                            "{configureFailPoint: 'failCommand', mode: {times: 1}, data: {failCommands: "
                                    + "['getMore'], appName: 'history', errorCode: 286, errorLabels: ['NonResumableChangeStreamError']}}"));
            try (ChangeCursor cursor =
                    new CommandChangeSource(client, settings().build()).open(StartPosition.now())) {
                cursor.next();
                assertThatThrownBy(cursor::next).isInstanceOfSatisfying(MongoCommandException.class, lost -> {
                    assertThat(lost.getErrorCode()).isEqualTo(286);
                    assertThat(lost.hasErrorLabel("NonResumableChangeStreamError"))
                            .isTrue();
                });
            }
        }
    }

    @Test
    void readsOnWithAClientWhoseOwnTimeOutsAreShorterThanTheAwaitTime() throws Exception {
        try (MongoClient client = client("timeoutMS=2000&readConcernLevel=local")) {
            idle(client);
        }
        try (MongoClient client = client("socketTimeoutMS=500")) {
            idle(client);
        }
    }

    private void idle(MongoClient client) throws InterruptedException {
        CommandChangeSource source = new CommandChangeSource(
                client, settings().maxAwait(Duration.ofMillis(2_500)).build());
        try (ChangeCursor cursor = source.open(StartPosition.now())) {
            cursor.next();
            assertThat(cursor.next().size()).isZero();
            insert();
            awaitEvent(cursor);
        }
    }

    @Test
    void leavesTheSearchForAServerToTheClient() {
        try (MongoClient client = MongoClients.create("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1500")) {
            CommandChangeSource source = new CommandChangeSource(
                    client, settings().unresponsiveAfter(Duration.ofMillis(100)).build());

            assertThatThrownBy(() -> source.open(StartPosition.now())).isInstanceOf(MongoTimeoutException.class);
        }
    }

    @Test
    void closingTheSourceWakesAnOpeningAndLeavesNoCursor() throws Exception {
        try (MongoClient client = client("appName=slow-opening")) {
            block("aggregate", "slow-opening", 5_000);
            CommandChangeSource source =
                    new CommandChangeSource(client, settings().build());
            CompletableFuture<Void> opening = CompletableFuture.runAsync(() -> open(source));
            eventually(() -> commands.named("aggregate").size() == 1);
            source.close();

            assertThatThrownBy(() -> opening.get(4, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(CursorClosedException.class);
            eventually(() -> commands.named("killCursors").size() == 1);
        }
    }

    @Test
    void givesAnOpeningUpThatIsNotAnsweredAndLeavesNoCursor() {
        try (MongoClient client = client("appName=slow-opening")) {
            block("aggregate", "slow-opening", 1_500);
            CommandChangeSource source = new CommandChangeSource(
                    client, settings().unresponsiveAfter(Duration.ofMillis(300)).build());
            Publishers.await(client.getDatabase("shop").runCommand(new Document("ping", 1)));

            assertThatThrownBy(() -> source.open(StartPosition.now()))
                    .isInstanceOf(StalledStreamException.class)
                    .hasMessageStartingWith("The aggregate on shop.orders at 127.0.0.1:"
                            + server.proxy(0).port() + " was not answered within PT0.3S. ");
            eventually(() -> commands.named("killCursors").size() == 1);
            eventually(() -> source.stuckCommands() == 0);
        }
    }

    @Test
    void saysThatTheClientIsClosed() throws Exception {
        MongoClient client = client("");
        CommandChangeSource source = new CommandChangeSource(client, settings().build());
        ChangeCursor cursor = source.open(StartPosition.now());
        cursor.next();
        client.close();

        assertThatThrownBy(() -> source.open(StartPosition.now()))
                .isInstanceOf(ClientClosedException.class)
                .hasMessage("The MongoClient is closed. Close the watcher before the client it uses.");
        cursor.close();
        killLeftCursors();
    }

    @Test
    void aClientThatIsClosedUnderACursorEndsIt() throws Exception {
        MongoClient client = client("");
        CommandChangeSource source = new CommandChangeSource(client, settings().build());
        ChangeCursor cursor = source.open(StartPosition.now());
        cursor.next();
        client.close();

        assertThatThrownBy(() -> readForEver(cursor))
                .isInstanceOfAny(ClientClosedException.class, MongoException.class);
        cursor.close();
        killLeftCursors();
    }

    private MongoClient client(String options) {
        String uri = server.connectionString() + (options.isEmpty() ? "" : "&" + options);
        return MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(uri))
                .addCommandListener(commands)
                .build());
    }

    private static SourceSettingsBuilder settings() {
        return new SourceSettingsBuilder(Optional.of(Namespace.of("shop", "orders")));
    }

    private static void block(String command, String application, int milliseconds) {
        server.setFailPoint(
                BsonDocument.parse("{configureFailPoint: 'failCommand', mode: 'alwaysOn', data: {failCommands: ['"
                        + command + "'], appName: '" + application + "', blockConnection: true, blockTimeMS: "
                        + milliseconds + "}}"));
    }

    private static void insert() {
        Publishers.await(direct.getDatabase("shop").getCollection("orders").insertOne(new Document()));
    }

    private static void awaitEvent(ChangeCursor cursor) throws InterruptedException {
        for (long end = System.nanoTime() + LIMIT.toNanos(); cursor.next().size() == 0; ) {
            assertThat(System.nanoTime()).isLessThan(end);
        }
    }

    private static void open(CommandChangeSource source) {
        try {
            source.open(StartPosition.now());
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private static void readForEver(ChangeCursor cursor) throws InterruptedException {
        while (!cursor.isExhausted()) {
            cursor.next();
        }
    }

    private static ResumeToken position(RawBatch batch) {
        return Objects.requireNonNull(batch.positionAfter());
    }

    private static int openCursors() {
        Document metrics = server.runAdmin(new Document("serverStatus", 1)).get("metrics", Document.class);
        return metrics.get("cursor", Document.class)
                .get("open", Document.class)
                .getLong("total")
                .intValue();
    }

    /** A client that is closed first cannot kill its cursors. */
    private static void killLeftCursors() {
        server.runAdmin(new Document("killAllSessions", List.of()));
    }
}
