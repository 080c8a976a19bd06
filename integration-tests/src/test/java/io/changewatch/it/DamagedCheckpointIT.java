package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.WatcherState;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.file.FileResumeTokenStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that is not what was saved is refused by the watcher before it asks the server for anything: never "now". */
class DamagedCheckpointIT {
    private static final String NAME = "damaged";
    private static final int EVENTS = 5;

    @TempDir
    private Path folder;

    private final String database = TestServer.newDatabaseName();
    private final RecordedCommands commands = new RecordedCommands();
    private final Handled handled = new Handled();
    private final MongoClient client = MongoClients.create(MongoClientSettings.builder()
            .applyConnectionString(new ConnectionString(TestServer.connectionString()))
            .addCommandListener(commands)
            .build());
    private final MongoCollection<BsonDocument> checkpoints =
            client.getDatabase(database).getCollection("changewatch_checkpoints", BsonDocument.class);
    private Path current;
    private Path previous;

    @BeforeEach
    void nameFiles() {
        current = folder.resolve(NAME + ".checkpoint");
        previous = folder.resolve(NAME + ".previous");
    }

    @AfterEach
    void close() {
        client.close();
    }

    private ChangeWatcherBuilder<Document> watcher(ResumeTokenStore store) {
        return watcher(store, "orders");
    }

    private ChangeWatcherBuilder<Document> watcher(ResumeTokenStore store, String collection) {
        return ChangeWatcher.of(client)
                .collection(database, collection)
                .name(NAME)
                .checkpoint(CheckpointPolicy.everyEvent())
                .maxUnsavedEvents(1)
                .resumeFrom(store)
                .onEvent(handled::add);
    }

    /** A watcher handles some events and ends. */
    private void leaveACheckpoint(ResumeTokenStore store) {
        try (ChangeWatcher watcher = watcher(store).start()) {
            Publishers.await(client.getDatabase(database)
                    .getCollection("orders")
                    .insertMany(IntStream.range(0, EVENTS)
                            .mapToObj(number -> new Document("_id", number))
                            .toList()));
            eventually(() -> handled.count() == EVENTS);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    private void assertRefused(ResumeTokenStore store, String damage) {
        int opened = commands.named("aggregate").size();
        ChangeWatcher watcher = watcher(store).build();

        assertThatThrownBy(watcher::start, damage)
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("'" + NAME + "'")
                .hasMessageContaining("to begin anew, which leaves out what happened since");
        assertThat(watcher.state()).as(damage).isEqualTo(WatcherState.FAILED);
        assertThat(commands.named("aggregate")).as(damage).hasSize(opened);
        assertThat(handled.count()).as(damage).isEqualTo(EVENTS);
    }

    @Test
    @DisplayName("24, 25: a file with a bit flipped in any byte, or cut at any length")
    void refusesEveryDamageOfAFile() throws IOException {
        leaveACheckpoint(FileResumeTokenStore.in(folder));
        byte[] whole = Files.readAllBytes(current);
        Files.delete(previous);

        for (int i = 0; i < whole.length; i++) {
            byte[] flipped = whole.clone();
            flipped[i] ^= (byte) (1 << (i % 8));
            Files.write(current, flipped);
            assertRefused(FileResumeTokenStore.in(folder), "a bit of byte " + i + " flipped");

            Files.write(current, Arrays.copyOf(whole, i));
            assertRefused(FileResumeTokenStore.in(folder), "cut at " + i);
        }
    }

    @Test
    @DisplayName("24: a damaged file with a generation before it")
    void repeatsFromTheGenerationBefore() throws IOException {
        leaveACheckpoint(FileResumeTokenStore.in(folder));
        byte[] damaged = Files.readAllBytes(current);
        damaged[damaged.length / 2] ^= 1;
        Files.write(current, damaged);

        Handled again = new Handled();
        try (ChangeWatcher watcher =
                watcher(FileResumeTokenStore.in(folder)).onEvent(again::add).start()) {
            Publishers.await(
                    client.getDatabase(database).getCollection("orders").insertOne(new Document("_id", EVENTS)));
            eventually(() -> again.numbers().contains(EVENTS));
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        int first = again.numbers().get(0);
        assertThat(EVENTS - first).as("repeated, one save ago at most").isBetween(0, 1);
        assertThat(again.numbers()).isEqualTo(Handled.upTo(EVENTS + 1).subList(first, EVENTS + 1));
    }

    @Test
    @DisplayName("24, 25: a document with any character or bit changed, any field missing or of another type")
    void refusesEveryDamageOfADocument() {
        leaveACheckpoint(MongoResumeTokenStore.in(checkpoints));
        BsonDocument whole = Publishers.first(checkpoints.find());

        for (DocumentDamage damage : DocumentDamage.allOf(whole)) {
            Publishers.await(checkpoints.replaceOne(new Document("_id", NAME), damage.document()));
            assertRefused(MongoResumeTokenStore.in(checkpoints), damage.description());
        }
    }

    @Test
    @DisplayName("26: the checkpoint of another collection")
    void refusesTheCheckpointOfAnotherCollection() {
        leaveACheckpoint(FileResumeTokenStore.in(folder));
        ChangeWatcher other =
                watcher(FileResumeTokenStore.in(folder), "customers").build();

        assertThatThrownBy(other::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("The checkpoint 'damaged' was made for " + database + ".orders, but this watcher watches "
                        + database
                        + ".customers. Give this watcher another name(...), or delete the checkpoint with"
                        + " store.delete(\"damaged\"). diagnose() on the builder tells more.");
    }

    @Test
    @DisplayName("26: the file of another watcher in the place of this one's")
    void refusesTheFileOfAnotherWatcher() throws IOException {
        leaveACheckpoint(FileResumeTokenStore.in(folder));
        try (ChangeWatcher other =
                watcher(FileResumeTokenStore.in(folder)).name("other").start()) {
            assertThat(other.state()).isEqualTo(WatcherState.RUNNING);
        }
        Files.copy(folder.resolve("other.checkpoint"), current, StandardCopyOption.REPLACE_EXISTING);
        ChangeWatcher watcher = watcher(FileResumeTokenStore.in(folder)).build();

        assertThatThrownBy(watcher::start)
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage(
                        "Cannot load the checkpoint of watcher 'damaged': " + current
                                + " belongs to watcher 'other'. Put the right file in its place, or delete the checkpoint to begin anew.");
        assertThat(handled.count()).isEqualTo(EVENTS);
    }

    @Test
    @DisplayName("26: the document of another watcher in the place of this one's")
    void refusesTheDocumentOfAnotherWatcher() {
        leaveACheckpoint(MongoResumeTokenStore.in(checkpoints));
        BsonDocument copy = Publishers.first(checkpoints.find()).append("_id", new BsonString("other"));
        Publishers.await(checkpoints.insertOne(copy));
        ChangeWatcher other =
                watcher(MongoResumeTokenStore.in(checkpoints)).name("other").build();

        assertThatThrownBy(other::start)
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage("Cannot use the document with the _id 'other' in " + database
                        + ".changewatch_checkpoints: The checkpoint belongs to watcher 'damaged'. Restore it from a backup, or"
                        + " delete it to begin anew, which leaves out what happened since.");
        assertThat(handled.count()).isEqualTo(EVENTS);
    }
}
