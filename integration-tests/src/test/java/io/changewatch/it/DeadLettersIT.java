package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.WatcherState;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.deadletter.ParkingReason;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Update;
import io.changewatch.observe.WatcherListener.StateChanged;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.file.FileDeadLetterStore;
import io.changewatch.resume.mongo.MongoDeadLetterStore;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Poison among many events, with each store of letters, and what may happen to that store. */
class DeadLettersIT {
    private static final String LETTERS_CLIENT = "letters";
    private static final int MANY = 300;

    private static LocalReplicaSet servers;

    @TempDir
    private Path folder;

    private final String database = TestServer.newDatabaseName();
    private final InMemoryResumeTokenStore checkpoints = new InMemoryResumeTokenStore();
    private final List<Integer> handled = new CopyOnWriteArrayList<>();
    private final Set<Integer> poisonous = ConcurrentHashMap.newKeySet();
    private final Notices notices = new Notices();
    private MongoClient client;
    private MongoClient lettersClient;
    private MongoCollection<Document> items;

    enum Place {
        MONGO,
        FILE
    }

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
        servers.runAdmin(new Document("setParameter", 1)
                .append("wiredTigerEngineRuntimeConfig", "cache_size=1G")); // for documents of 16 MB
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    @BeforeEach
    void connect() {
        client = MongoClients.create(servers.connectionString());
        lettersClient = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(servers.connectionString()))
                .applicationName(LETTERS_CLIENT)
                .build());
        Publishers.await(client.getDatabase(database)
                .createCollection(
                        "items",
                        new CreateCollectionOptions()
                                .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
        items = client.getDatabase(database).getCollection("items");
    }

    @AfterEach
    void disconnect() {
        client.close();
        lettersClient.close();
    }

    private DeadLetterStore letters(Place place) {
        return place == Place.FILE
                ? FileDeadLetterStore.in(folder.resolve("letters"))
                : MongoDeadLetterStore.in(lettersClient.getDatabase(database));
    }

    private ChangeWatcherBuilder<Item> watcher(DeadLetterStore letters) {
        return ChangeWatcher.of(client)
                .collection(database, "items", Item.class)
                .name("letters")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(checkpoints)
                .checkpoint(CheckpointPolicy.everyEvent())
                .retryStore(RetryPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(200)))
                .whenHandlerFails(
                        HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(2))
                                .maxAttempts(2)))
                .parkIn(letters)
                .listener(notices)
                .onInsert(this::handle);
    }

    private void handle(Insert<Item> event) {
        int id = event.document().id();
        if (poisonous.contains(id)) {
            throw new IllegalStateException("poison");
        }
        handled.add(id);
    }

    /** Those with a text for a number cannot be decoded. */
    private void insert(int from, int to, Set<Integer> texts) {
        Publishers.await(items.insertMany(IntStream.range(from, to)
                .mapToObj(id -> new Document("_id", id).append("seq", texts.contains(id) ? "none" : id))
                .toList()));
    }

    private static List<Integer> upToWithout(int end, Set<Integer> left) {
        return IntStream.range(0, end).boxed().filter(id -> !left.contains(id)).toList();
    }

    private static List<Integer> ids(List<DeadLetter> letters) {
        return letters.stream()
                .map(letter ->
                        letter.documentKey().orElseThrow().getInt32("_id").getValue())
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void parksPoisonHandlesTheRestAndReDrivesBesideTheWatcher(Place place) throws Exception {
        poisonous.addAll(Set.of(7, 150));
        try (ChangeWatcher watcher = watcher(letters(place)).start()) {
            insert(0, MANY, Set.of(40));
            eventually(() -> handled.contains(MANY - 1));

            assertThat(handled).isEqualTo(upToWithout(MANY, Set.of(7, 40, 150)));
            assertThat(watcher.stats().parked()).isEqualTo(3);
            DeadLetters parked = watcher(letters(place)).deadLetters();
            assertThat(ids(parked.list())).containsExactly(7, 40, 150);
            assertThat(parked.list())
                    .extracting(DeadLetter::reason)
                    .containsExactly(ParkingReason.FAILED, ParkingReason.UNDECODABLE, ParkingReason.FAILED);
            assertThat(parked.list()).extracting(DeadLetter::attempts).containsExactly(2, 0, 2);

            poisonous.clear();
            assertThat(parked.redriveAll()).satisfies(report -> {
                assertThat(report.handled()).isEqualTo(2);
                assertThat(report.failed()).isEqualTo(1);
            });
            assertThat(ids(parked.list())).containsExactly(40);
            assertThat(parked.drop(parked.list().get(0).id())).isTrue();
            assertThat(parked.count()).isZero();
            assertThat(handled.subList(handled.size() - 2, handled.size())).containsExactly(7, 150);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    /** The position before the poison is all that the second watcher finds, as after a kill between the letter and the checkpoint. */
    @ParameterizedTest
    @EnumSource(Place.class)
    void makesNoSecondLetterAfterACrashBetweenTheLetterAndTheCheckpoint(Place place) {
        poisonous.add(3);
        checkpoints.ignoreSaves();
        try (ChangeWatcher watcher = watcher(letters(place)).start()) {
            insert(0, 6, Set.of(4));
            eventually(() -> handled.contains(5));
            assertThat(watcher.stats().parked()).isEqualTo(2);
        }
        checkpoints.keepSaves();
        handled.clear();
        try (ChangeWatcher watcher = watcher(letters(place)).start()) {
            eventually(() -> handled.contains(5));
            assertThat(watcher.stats().parked()).as("new letters").isZero();
        }
        assertThat(handled).containsExactly(0, 1, 2, 5);
        assertThat(ids(letters(place).list("letters", "", 10))).containsExactly(3, 4);
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void makesNoSecondLetterWhereTheProcessDiesBetweenTheLetterAndTheCheckpoint(Place place) throws Exception {
        try (WatcherProcess process = WatcherProcess.start(
                LetterProgram.class, servers.connectionString(), database, folder.toString(), place.name())) {
            process.awaitLines("started", 1);
            insert(0, 10, Set.of());
            assertThat(process.awaitEnd()).isEqualTo(LetterProgram.EXIT_CODE);
        }
        DeadLetterStore letters = LetterProgram.letters(lettersClient, database, folder, place);
        assertThat(ids(letters.list("dying", "", 10))).containsExactly(5);

        try (ChangeWatcher next = LetterProgram.watcher(client, database, folder, letters, handled::add)
                .start()) {
            eventually(() -> handled.contains(9));
            assertThat(next.stats().parked()).isZero();
        }
        assertThat(handled).endsWith(6, 7, 8, 9).doesNotContain(5);
        assertThat(ids(letters.list("dying", "", 10))).containsExactly(5);
    }

    @Test
    void losesNothingWhileTheStoreOfLettersIsAway() {
        poisonous.addAll(Set.of(10, 20));
        servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: 'alwaysOn', data: {"
                + "failCommands: ['insert'], closeConnection: true, appName: '" + LETTERS_CLIENT + "'}}"));
        try (ChangeWatcher watcher = watcher(letters(Place.MONGO)).start()) {
            insert(0, 30, Set.of());
            eventually(() -> watcher.state() == WatcherState.RECOVERING);
            assertThat(handled).isEqualTo(Handled.upTo(10));

            servers.clearFailPoint("failCommand");
            eventually(() -> handled.contains(29));
            eventually(() -> watcher.state() == WatcherState.RUNNING);
        } finally {
            servers.clearFailPoint("failCommand");
        }
        assertThat(handled).isEqualTo(upToWithout(30, Set.of(10, 20)));
        assertThat(ids(letters(Place.MONGO).list("letters", "", 10))).containsExactly(10, 20);
        assertThat(notices.all(StateChanged.class).stream().map(StateChanged::to))
                .containsSequence(WatcherState.RUNNING, WatcherState.RECOVERING, WatcherState.RUNNING);
    }

    /** The answer is lost, not the write: the letter must be found, and not be counted as another. */
    @Test
    void parksOnceWhereTheAnswerOfTheStoreIsLost() {
        poisonous.add(1);
        DeadLetterStore letters = letters(Place.MONGO);
        DeadLetterStore losing = new ForgetfulLetters(letters, 3);
        try (ChangeWatcher watcher = watcher(losing).start()) {
            insert(0, 3, Set.of());
            eventually(() -> handled.contains(2));
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(ids(letters.list("letters", "", 10))).containsExactly(1);
    }

    /** An insert that fits no document beside its letter, and an update with both images that comes in fragments. */
    @ParameterizedTest
    @EnumSource(Place.class)
    void keepsEventsNearAndOver16Megabytes(Place place) throws Exception {
        List<ChangeEvent<Document>> seen = new CopyOnWriteArrayList<>();
        Set<Integer> allowed = ConcurrentHashMap.newKeySet();
        ChangeWatcherBuilder<Document> builder = ChangeWatcher.of(client)
                .collection(database, "items")
                .name("large")
                .maxAwait(Duration.ofMillis(200))
                .fullDocument(FullDocument.WHEN_AVAILABLE)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
                .resumeFrom(checkpoints)
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .parkIn(letters(place), ParkingOrder.BLOCK_KEY)
                .onDocumentEvent(event -> {
                    if (!allowed.contains(event.documentKey().getInt32("_id").getValue())) {
                        throw new IllegalStateException("too large for me");
                    }
                    seen.add(event.copy());
                });
        try (ChangeWatcher watcher = builder.start()) {
            Publishers.await(items.insertOne(new Document("_id", 1).append("note", "x".repeat(16_770_000))));
            Publishers.await(items.insertOne(new Document("_id", 2).append("note", "y".repeat(9_000_000))));
            Publishers.await(items.updateOne(Filters.eq(2), Updates.set("seq", 1)));
            allowed.add(3);
            Publishers.await(items.insertOne(new Document("_id", 3)));
            eventually(() -> !seen.isEmpty());
            assertThat(watcher.stats().parked()).isEqualTo(3);
        }
        allowed.addAll(Set.of(1, 2));
        seen.clear();
        assertThat(builder.deadLetters().list().get(0).event().getByteLength()).isGreaterThan(16_700_000);

        assertThat(builder.deadLetters().redriveAll().handled()).isEqualTo(3);

        assertThat(((Insert<Document>) seen.get(0)).document().getString("note"))
                .hasSize(16_770_000);
        Update<Document> update = (Update<Document>) seen.get(2);
        assertThat(update.document().orElseThrow().getString("note")).hasSize(9_000_000);
        assertThat(update.documentBefore().orElseThrow()).doesNotContainKey("seq");
        assertThat(builder.deadLetters().count()).isZero();
    }
}
