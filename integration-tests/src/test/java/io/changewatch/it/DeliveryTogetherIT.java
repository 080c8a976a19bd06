package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.Batching;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Replace;
import io.changewatch.resume.mongo.MongoDeadLetterStore;
import io.changewatch.resume.mongo.MongoLease;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** The ways of delivery keep their promises in each other's company. */
@Timeout(120)
class DeliveryTogetherIT {
    private static final int ORDERS = 40;
    private static final int CHANGES = 5;

    private final MongoClient client = MongoClients.create(TestServer.connectionString());
    private final String database = TestServer.newDatabaseName();
    private final String shared = database + "_shared";
    private final MongoCollection<Document> orders =
            client.getDatabase(database).getCollection("orders");
    private final Map<Integer, List<Integer>> handled = new ConcurrentHashMap<>();
    private final Set<Integer> poisoned = ConcurrentHashMap.newKeySet();

    @AfterEach
    void close() {
        Publishers.await(client.getDatabase(database).drop());
        Publishers.await(client.getDatabase(shared).drop());
        client.close();
    }

    private ChangeWatcherBuilder<Document> builder() {
        return ChangeWatcher.of(client)
                .collection(database, "orders", Document.class)
                .name("together")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase(shared)));
    }

    /** Each order is inserted with change 0 and replaced by the later ones, the orders in turn. */
    private void write() {
        for (int change = 0; change < CHANGES; change++) {
            for (int order = 0; order < ORDERS; order++) {
                Document document = new Document("_id", order).append("change", change);
                if (change == 0) {
                    Publishers.await(orders.insertOne(document));
                } else {
                    Publishers.await(orders.replaceOne(new Document("_id", order), document));
                }
            }
        }
    }

    private void handle(ChangeEvent<Document> event) {
        Document document = document(event);
        if (poisoned.contains(document.getInteger("_id"))) {
            throw new IllegalStateException("poison");
        }
        handled.computeIfAbsent(document.getInteger("_id"), order -> new CopyOnWriteArrayList<>())
                .add(document.getInteger("change"));
    }

    private static Document document(ChangeEvent<Document> event) {
        return event instanceof Insert<Document> insert ? insert.document() : ((Replace<Document>) event).document();
    }

    private boolean isAllHandled() {
        return handled.values().stream().mapToInt(List::size).sum() >= ORDERS * CHANGES;
    }

    private void expectEachInOrderOnce() {
        List<Integer> changes = IntStream.range(0, CHANGES).boxed().toList();
        assertThat(handled).hasSize(ORDERS);
        assertThat(handled.values()).allSatisfy(seen -> assertThat(seen).isEqualTo(changes));
    }

    @Test
    void handlersSideBySideKeepTheOrderOfParkedDocuments() throws InterruptedException {
        poisoned.addAll(List.of(3, 17, 31));
        ChangeWatcherBuilder<Document> builder = builder()
                .concurrency(8)
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .parkIn(MongoDeadLetterStore.in(client.getDatabase(shared)), ParkingOrder.BLOCK_KEY)
                .onDocumentEvent(this::handle);
        DeadLetters letters = builder.deadLetters();
        try (ChangeWatcher watcher = builder.start()) {
            write();
            eventually(() -> letters.count() == 3 * CHANGES);
            assertThat(handled).doesNotContainKeys(3, 17, 31);

            poisoned.clear();
            letters.redriveAll();
            eventually(this::isAllHandled);

            expectEachInOrderOnce();
            assertThat(letters.count()).isZero();
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    /** A letter is not written on the thread that completes a stage: it may be the driver's own. */
    @Test
    void stagesThatFailOnADriversThreadAreParked() {
        poisoned.addAll(List.of(3, 17, 31));
        ChangeWatcherBuilder<Document> builder = builder()
                .concurrency(8)
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .parkIn(MongoDeadLetterStore.in(client.getDatabase(shared)))
                .onEventAsync(this::handleOnADriversThread);
        try (ChangeWatcher watcher = builder.start()) {
            write();
            eventually(() -> watcher.stats().parked() == 3 * CHANGES);
            eventually(() ->
                    handled.size() == ORDERS - 3 && handled.values().stream().allMatch(seen -> seen.size() == CHANGES));
            eventually(() -> watcher.stats().unsavedEvents() == 0);
        }
    }

    private CompletionStage<?> handleOnADriversThread(ChangeEvent<Document> event) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        client.getDatabase("admin").runCommand(new Document("ping", 1)).subscribe(new Subscriber<>() {
            @Override
            public void onSubscribe(Subscription subscription) {
                subscription.request(1);
            }

            @Override
            public void onNext(Document answer) {
                try {
                    handle(event);
                    done.complete(null);
                } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                }
            }

            @Override
            public void onError(Throwable failure) {
                done.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                // Its answer has come.
            }
        });
        return done;
    }

    @Test
    void transactionsCountOnceThoughTheLeaseChangesHands() {
        Totals totals = new Totals(client, database);
        try (ChangeWatcher first = leased(totals).start()) {
            eventually(() -> first.state() == WatcherState.RUNNING);
            try (ChangeWatcher second = leased(totals).start()) {
                insertOrders(0, 200);
                eventually(() -> totals.sum() >= 100);
                assertThat(second.state()).isEqualTo(WatcherState.STANDBY);

                assertThat(first.close(Duration.ofSeconds(10))).isTrue();
                eventually(() -> second.state() == WatcherState.RUNNING);
                insertOrders(200, 400);

                eventually(() -> totals.sum() >= 400);
                assertThat(totals.byKey()).isEqualTo(Totals.of(400, 10));
            }
        }
    }

    @Test
    void transactionsAreMovedBackAndKeepAHistory() throws Exception {
        Totals totals = new Totals(client, database);
        Instant before = Instant.now().minusSeconds(2);
        try (ChangeWatcher watcher = builder()
                .onTransaction(Batching.upTo(20).within(Duration.ofMillis(10)), totals::count)
                .start()) {
            insertOrders(0, 200);
            eventually(() -> totals.sum() == 200);
            eventually(() -> !watcher.history().isEmpty());

            watcher.seek(StartPosition.at(before), Duration.ofSeconds(30));

            eventually(() -> totals.sum() == 400);
        }
    }

    private ChangeWatcherBuilder<Document> leased(Totals totals) {
        return builder()
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase(shared)))
                .onlyOneActive(MongoLease.in(client.getDatabase(shared)))
                .onTransaction(Batching.upTo(20).within(Duration.ofMillis(10)), totals::count);
    }

    private void insertOrders(int from, int to) {
        Publishers.await(orders.insertMany(IntStream.range(from, to)
                .mapToObj(number -> new Document("_id", number).append("key", number % 10))
                .toList()));
    }

    @Test
    void aSeekWaitsForWhatIsInFlightAndEverythingComesAgainInOrder() throws Exception {
        Instant before = Instant.now();
        try (ChangeWatcher watcher =
                builder().concurrency(8).onDocumentEvent(this::handle).start()) {
            write();
            eventually(this::isAllHandled);
            expectEachInOrderOnce();
            handled.clear();

            watcher.seek(StartPosition.at(before.minusSeconds(2)), Duration.ofSeconds(30));

            eventually(this::isAllHandled);
            expectEachInOrderOnce();
        }
    }

    @Test
    void aPauseOutlastsAHandOverOfTheLease() throws Exception {
        ChangeWatcherBuilder<Document> builder = builder()
                .onlyOneActive(MongoLease.in(client.getDatabase(shared)))
                .onBatch(events -> events.forEach(this::handle));
        try (ChangeWatcher first = builder.start();
                ChangeWatcher second = builder.resumeFrom(MongoResumeTokenStore.in(client.getDatabase(shared)))
                        .start()) {
            eventually(() -> first.state() == WatcherState.RUNNING && second.state() == WatcherState.STANDBY);
            second.pause();
            assertThat(first.close(Duration.ofSeconds(10))).isTrue();
            assertThat(second.awaitPaused(Duration.ofSeconds(30))).isTrue();
            write();
            assertThat(handled).isEmpty();

            second.resume();
            eventually(this::isAllHandled);
            expectEachInOrderOnce();
        }
    }

    @Test
    void readAllPartitionsTogetherWithHandlersSideBySide() {
        List<ChangeWatcher> watchers = IntStream.range(0, 3)
                .mapToObj(partition -> builder()
                        .name("together-" + partition + "-of-3")
                        .partition(partition, 3)
                        .concurrency(4)
                        .onDocumentEvent(this::handle)
                        .start())
                .toList();
        try {
            write();
            eventually(this::isAllHandled);
            expectEachInOrderOnce();
        } finally {
            watchers.forEach(ChangeWatcher::close);
        }
    }
}
