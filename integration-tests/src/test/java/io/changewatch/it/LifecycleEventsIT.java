package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoNamespace;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.OperationType;
import io.changewatch.event.Update;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Drops, renames and large documents, as a watcher sees them. */
class LifecycleEventsIT {
    private final MongoClient client = TestServer.client();
    private final MongoDatabase database = TestServer.newDatabase();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final List<ChangeEvent<Document>> events = new CopyOnWriteArrayList<>();

    @AfterEach
    void drop() {
        Publishers.await(database.drop());
    }

    private ChangeWatcherBuilder<Document> collectionWatcher() {
        return ChangeWatcher.of(client)
                .collection(database.getName(), "orders")
                .name("lifecycle")
                .resumeFrom(store)
                .onEvent(events::add);
    }

    private MongoCollection<Document> orders() {
        return database.getCollection("orders");
    }

    private List<OperationType> operations() {
        return events.stream().map(ChangeEvent::operationType).toList();
    }

    private void awaitEvents(int count) {
        eventually(() -> events.size() >= count);
    }

    @Test
    void goesOnWhenTheCollectionIsDroppedAndCreatedAgain() {
        try (ChangeWatcher watcher = collectionWatcher().start()) {
            Publishers.await(orders().insertOne(new Document("n", 1)));
            Publishers.await(orders().drop());
            Publishers.await(orders().insertOne(new Document("n", 2)));

            awaitEvents(4);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(operations())
                .containsExactly(
                        OperationType.INSERT, OperationType.DROP, OperationType.INVALIDATE, OperationType.INSERT);
    }

    @Test
    void losesNothingThatHappensBetweenADropAndTheReopening() {
        try (ChangeWatcher watcher = collectionWatcher().start()) {
            for (int round = 0; round < 10; round++) {
                Publishers.await(orders().insertOne(new Document("n", round)));
                Publishers.await(orders().drop());
            }

            awaitEvents(30);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(operations()).filteredOn(OperationType.INSERT::equals).hasSize(10);
        assertThat(operations()).filteredOn(OperationType.INVALIDATE::equals).hasSize(10);
    }

    @Test
    void stopsAtAnInvalidateWhenToldTo() throws InterruptedException {
        ChangeWatcher watcher =
                collectionWatcher().whenInvalidated(InvalidatedPolicy.STOP).start();
        Publishers.await(orders().insertOne(new Document("n", 1)));
        Publishers.await(orders().renameCollection(new MongoNamespace(database.getName(), "archive")));

        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(operations()).containsExactly(OperationType.INSERT, OperationType.RENAME, OperationType.INVALIDATE);
    }

    @Test
    void resumesAfterAnInvalidateThatWasTheLastCheckpoint() throws InterruptedException {
        ChangeWatcher first =
                collectionWatcher().whenInvalidated(InvalidatedPolicy.STOP).start();
        Publishers.await(orders().insertOne(new Document("n", 1)));
        Publishers.await(orders().drop());
        assertThat(first.awaitTermination(LIMIT)).isTrue();
        Publishers.await(orders().insertOne(new Document("n", 2)));

        try (ChangeWatcher second = collectionWatcher().start()) {
            awaitEvents(4);
            assertThat(second.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(operations())
                .containsExactly(
                        OperationType.INSERT, OperationType.DROP, OperationType.INVALIDATE, OperationType.INSERT);
    }

    @Test
    void watchesADatabaseAndTheWholeCluster() {
        List<ChangeEvent<Document>> cluster = new CopyOnWriteArrayList<>();
        try (ChangeWatcher inDatabase = ChangeWatcher.of(client)
                        .database(database.getName())
                        .onEvent(events::add)
                        .start();
                ChangeWatcher inCluster = ChangeWatcher.of(client)
                        .cluster()
                        .onEvent(event -> {
                            if (event.namespace().orElseThrow().database().equals(database.getName())) {
                                cluster.add(event);
                            }
                        })
                        .start()) {
            Publishers.await(orders().insertOne(new Document("n", 1)));
            Publishers.await(database.getCollection("users").insertOne(new Document("n", 2)));

            awaitEvents(2);
            eventually(() -> cluster.size() == 2);
            assertThat(inDatabase.state()).isEqualTo(WatcherState.RUNNING);
            assertThat(inCluster.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void putsAnEventTogetherThatIsLargerThanTheServersLimit() {
        keepImages();
        String large = "x".repeat(9_000_000);
        try (ChangeWatcher watcher = withImages().start()) {
            Publishers.await(orders().insertOne(new Document("_id", 1).append("large", large)));
            Publishers.await(orders().updateOne(new Document("_id", 1), Updates.set("status", "paid")));
            Publishers.await(orders().insertOne(new Document("_id", 2)));

            awaitEvents(3);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(operations()).containsExactly(OperationType.INSERT, OperationType.UPDATE, OperationType.INSERT);
        assertThat(events.get(1)).isInstanceOfSatisfying(Update.class, update -> {
            assertThat(((Document) update.document().orElseThrow()).getString("large"))
                    .hasSize(9_000_000);
            assertThat(((Document) update.documentBefore().orElseThrow()).getString("large"))
                    .hasSize(9_000_000);
        });
    }

    @Test
    void resumesAfterALargeEventThatWasTheLastCheckpoint() throws InterruptedException {
        keepImages();
        AtomicReference<ChangeWatcher> self = new AtomicReference<>();
        self.set(withImages()
                .onUpdate(event -> self.get().close()) // so that the last checkpoint is this very event
                .start());
        Publishers.await(orders().insertOne(new Document("_id", 1).append("large", "x".repeat(9_000_000))));
        Publishers.await(orders().updateOne(new Document("_id", 1), Updates.set("status", "paid")));
        assertThat(self.get().awaitTermination(LIMIT)).isTrue();
        Publishers.await(orders().insertOne(new Document("_id", 2)));

        try (ChangeWatcher again = withImages().start()) {
            awaitEvents(3);
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(operations()).containsExactly(OperationType.INSERT, OperationType.UPDATE, OperationType.INSERT);
    }

    private void keepImages() {
        Publishers.await(database.runCommand(new Document("create", "orders")
                .append("changeStreamPreAndPostImages", new Document("enabled", true))));
    }

    private ChangeWatcherBuilder<Document> withImages() {
        return collectionWatcher()
                .fullDocument(FullDocument.REQUIRED)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED);
    }
}
