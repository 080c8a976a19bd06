package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener.CheckpointFailed;
import io.changewatch.observe.WatcherListener.CheckpointSaved;
import io.changewatch.observe.WatcherListener.DeliveryPaused;
import io.changewatch.observe.WatcherListener.StateChanged;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.resume.file.FileResumeTokenStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServer;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The place where positions are kept fails, or is wanted by two, while the source and a writer go on. */
class StoreFaultsIT {
    private static final int MAX_UNSAVED = 100;
    private static final String STORES_CLIENT = "store";

    private static LocalReplicaSet servers;

    @TempDir
    private Path folder;

    private final String database = TestServer.newDatabaseName();
    private final Handled handled = new Handled();
    private final Notices notices = new Notices();
    private MongoClient client;
    private MongoClient storesClient;
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
    void connect() {
        client = MongoClients.create(servers.connectionString());
        storesClient = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(servers.connectionString()))
                .applicationName(STORES_CLIENT)
                .build());
    }

    @AfterEach
    void disconnect() {
        if (writer != null) {
            writer.close();
        }
        client.close();
        storesClient.close();
        servers.awaitMembers(Duration.ofMinutes(1));
    }

    private ChangeWatcherBuilder<Document> watcher(ResumeTokenStore store, Handled into, Notices told) {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .name("stores")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(store)
                .checkpoint(CheckpointPolicy.everyEvents(10))
                .maxUnsavedEvents(MAX_UNSAVED)
                .retryStore(RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofMillis(200)))
                .onEvent(into::add)
                .listener(told);
    }

    /** Starts a watcher, and behind it the writer. */
    private ChangeWatcher begin(ChangeWatcherBuilder<Document> builder) {
        ChangeWatcher watcher = builder.start();
        writer = SteadyWriter.start(servers.connectionString(), database);
        return watcher;
    }

    private MongoResumeTokenStore mongo() {
        return MongoResumeTokenStore.in(storesClient.getDatabase(database));
    }

    @Test
    @DisplayName("39: the folder of checkpoints is a file when the watcher starts")
    void failsToStartWithTheRemedyWhereTheFolderIsAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        ChangeWatcher watcher =
                watcher(FileResumeTokenStore.in(file), handled, notices).build();

        assertThatThrownBy(watcher::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Cannot keep the checkpoint of watcher 'stores' in " + file + ": " + file
                        + " is not a directory. Remove it, or give the store another directory.");
        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(handled.count()).isZero();
    }

    @Test
    @DisplayName("39: the folder of checkpoints is removed, and then a file stands in its place")
    void goesOnWhenTheFolderIsMendedWithoutARepetition() throws Exception {
        Path state = folder.resolve("state");
        FileResumeTokenStore store = FileResumeTokenStore.in(state);
        try (ChangeWatcher watcher = begin(watcher(store, handled, notices))) {
            eventually(() -> saves() >= 3);
            replaceByAFile(state);
            expectPausedThen(() -> Files.delete(state));
            expectAllOnce(watcher);
        }
        expectNothingAgain(store);
    }

    /** The store may make the folder again between the two steps. */
    private static void replaceByAFile(Path directory) {
        eventually(() -> {
            try {
                remove(directory);
                Files.writeString(directory, "a file");
                return true;
            } catch (IOException made) {
                return false;
            }
        });
    }

    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.delete(directory);
    }

    @Test
    @DisplayName("40: the server of the store refuses its writes while the source lives")
    void pausesAndGoesOnWhenTheStoresServerWorksAgain() throws Exception {
        MongoResumeTokenStore store = mongo();
        try (ChangeWatcher watcher = begin(watcher(store, handled, notices))) {
            eventually(() -> saves() >= 3);
            servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: 'alwaysOn',"
                    + " data: {failCommands: ['update', 'findAndModify'], errorCode: 8000, appName: '" + STORES_CLIENT
                    + "'}}"));
            expectPausedThen(() -> servers.clearFailPoint("failCommand"));
            expectAllOnce(watcher);
        } finally {
            servers.clearFailPoint("failCommand");
        }
        expectNothingAgain(store);
    }

    @Test
    @DisplayName("40, 34: close() while the server of the store refuses its writes")
    void closesByItsDeadlineWhileTheStoreFailsAndRepeatsNoMoreThanItsBound() throws Exception {
        try {
            ChangeWatcher watcher = begin(watcher(mongo(), handled, notices));
            eventually(() -> saves() >= 3);
            servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: 'alwaysOn',"
                    + " data: {failCommands: ['update', 'findAndModify'], errorCode: 8000, appName: '" + STORES_CLIENT
                    + "'}}"));
            eventually(() -> !notices.all(DeliveryPaused.class).isEmpty());
            watcher.close(Duration.ofSeconds(1));
            assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        } finally {
            servers.clearFailPoint("failCommand");
        }
        int before = handled.count();
        Handled again = new Handled();
        int written = writer.stop();
        try (ChangeWatcher next = watcher(mongo(), again, new Notices()).start()) {
            eventually(() -> again.numbers().contains(written - 1));
            eventually(() -> next.state() == WatcherState.RUNNING); // an election may have come between
        }
        int first = again.numbers().get(0);
        assertThat(before - first).isBetween(1, MAX_UNSAVED);
        assertThat(again.numbers()).isEqualTo(Handled.upTo(written).subList(first, written));
    }

    @Test
    @DisplayName("41: kill -9 of the primary of the store during saves, twice")
    void neverGoesBackWhenThePrimaryOfTheStoreIsKilled() throws Exception {
        MongoResumeTokenStore store = mongo();
        try (ChangeWatcher watcher =
                begin(watcher(store, handled, notices).checkpoint(CheckpointPolicy.everyEvent()))) {
            for (int i = 0; i < 2; i++) {
                int before = saves();
                eventually(() -> saves() > before + 20);
                int primary = servers.primary();
                servers.kill(primary);
                servers.awaitPrimary(Duration.ofSeconds(30));
                try {
                    expectNothingOlderIsLoadedThan(lastSaved());
                } finally {
                    servers.restart(primary);
                }
            }
            expectAllOnce(watcher);
        }
        List<Checkpoint> saved = notices.all(CheckpointSaved.class).stream()
                .map(CheckpointSaved::checkpoint)
                .toList();
        for (int i = 1; i < saved.size(); i++) {
            assertThat(saved.get(i).isOlderThan(saved.get(i - 1))).isFalse();
        }
        assertThat(loaded(mongo())).hasValue(lastSaved());
        expectNothingAgain(store);
    }

    private void expectNothingOlderIsLoadedThan(Checkpoint acknowledged) {
        AtomicReference<Checkpoint> loaded = new AtomicReference<>();
        eventually(() -> {
            loaded(mongo()).ifPresent(loaded::set);
            return loaded.get() != null;
        });
        assertThat(loaded.get().isOlderThan(acknowledged))
                .as("what is loaded after the election is older than what was acknowledged before")
                .isFalse();
    }

    @Test
    @DisplayName("42: two watchers of one name on one file store object")
    void refusesTheSecondWatcherOfAStoreAndLeavesTheFirstAlone() throws Exception {
        FileResumeTokenStore store = FileResumeTokenStore.in(folder);
        try (ChangeWatcher first = begin(watcher(store, handled, notices))) {
            for (ResumeTokenStore shared : List.of(store, FileResumeTokenStore.in(folder))) {
                Handled others = new Handled();
                ChangeWatcher second = watcher(shared, others, new Notices()).build();
                assertThatThrownBy(second::start)
                        .isInstanceOf(StoreLockedException.class)
                        .hasMessageStartingWith("Cannot take the place of watcher 'stores': ")
                        .hasMessageContaining(" is locked by another ")
                        .hasMessageEndingWith(
                                ". Stop the other watcher of this name, or give this one another name or directory.");
                second.close();
                assertThat(others.count()).isZero();
            }
            int before = saves();
            eventually(() -> saves() > before + 2);
            expectAllOnce(first);
        }
        expectNothingAgain(store);
    }

    @Test
    @DisplayName("42: two watchers of one name that keep pace, each with a Mongo store of its own")
    void endsTheOlderOfTwoWatchersThatKeepPace() throws Exception {
        try (ChangeWatcher older = begin(watcher(mongo(), handled, notices))) {
            eventually(() -> saves() >= 3);
            Handled newers = new Handled();
            try (ChangeWatcher newer = watcher(mongo(), newers, new Notices()).start()) {
                assertThat(older.awaitTermination(LIMIT)).isTrue();
                assertThat(older.failure())
                        .get()
                        .isInstanceOf(StoreException.class)
                        .extracting(Throwable::getMessage)
                        .asString()
                        .contains("watcher 'stores' in " + database + ".changewatch_checkpoints");
                int reached = newers.count();
                eventually(() -> newers.count() > reached + 50);
                eventually(() -> newer.state() == WatcherState.RUNNING); // an election may have come between
                int written = writer.stop();
                eventually(() -> newers.numbers().contains(written - 1));
                int begin = newers.numbers().get(0);
                assertThat(begin).as("nothing is lost between the two").isLessThanOrEqualTo(handled.count());
                assertThat(newers.numbers()).isEqualTo(Handled.upTo(written).subList(begin, written));
            }
        }
    }

    private int saves() {
        return notices.all(CheckpointSaved.class).size();
    }

    private Checkpoint lastSaved() {
        List<CheckpointSaved> saved = notices.all(CheckpointSaved.class);
        return saved.get(saved.size() - 1).checkpoint();
    }

    private static Optional<Checkpoint> loaded(ResumeTokenStore store) {
        try {
            return store.load("stores");
        } catch (StoreException election) {
            return Optional.empty();
        }
    }

    /** Something a test does. */
    private interface Step {
        void run() throws Exception;
    }

    /** Events go on to their bound, then wait; the state and the listener tell why; {@code mend} ends that. */
    private void expectPausedThen(Step mend) throws Exception {
        eventually(() -> !notices.all(DeliveryPaused.class).isEmpty());
        assertThat(notices.all(DeliveryPaused.class).get(0).unsavedEvents()).isEqualTo(MAX_UNSAVED);
        assertThat(notices.all(CheckpointFailed.class)).isNotEmpty();
        eventually(() -> notices.all(StateChanged.class).stream()
                .anyMatch(change -> change.to() == WatcherState.RECOVERING
                        && change.cause().orElseThrow() instanceof StoreException));
        int paused = handled.count();
        mend.run();
        eventually(() -> handled.count() > paused + MAX_UNSAVED);
    }

    private void expectAllOnce(ChangeWatcher watcher) throws InterruptedException {
        int written = writer.stop();
        eventually(() -> handled.count() >= written);
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(written));
        watcher.close();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
    }

    /** After the clean end before, the next watcher of the name begins behind it. */
    private void expectNothingAgain(ResumeTokenStore store) {
        Handled again = new Handled();
        try (ChangeWatcher next = watcher(store, again, new Notices()).start()) {
            eventually(() -> next.stats().batches() > 2 && next.state() == WatcherState.RUNNING);
        }
        assertThat(again.numbers()).isEmpty();
    }
}
