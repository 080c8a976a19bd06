package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.event.Update;
import io.changewatch.resume.file.FileDeadLetterStore;
import io.changewatch.resume.mongo.MongoDeadLetterStore;
import io.changewatch.testkit.InMemoryDeadLetterStore;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Handlers fail by chance, while others re-drive beside the watcher: each document's changes are handled in their order, each once. */
class BlockedDocumentsIT {
    private static final int DOCUMENTS = 6;
    private static final int UPDATES = 60;
    private static final double FAILING = 0.25;

    @TempDir
    private Path folder;

    private final String database = TestServer.newDatabaseName();
    private final MongoCollection<Document> items =
            TestServer.client().getDatabase(database).getCollection("items");
    private final Map<Integer, List<Integer>> handled = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicInteger> inHandler = new ConcurrentHashMap<>();
    private final List<String> overlaps = new CopyOnWriteArrayList<>();
    private volatile double failing = FAILING;

    @AfterEach
    void drop() {
        Publishers.await(TestServer.client().getDatabase(database).drop());
    }

    private DeadLetterStore letters(String place) {
        return switch (place) {
            case "file" -> FileDeadLetterStore.in(folder);
            case "mongo" -> MongoDeadLetterStore.in(TestServer.client().getDatabase(database));
            default -> new InMemoryDeadLetterStore();
        };
    }

    private ChangeWatcherBuilder<Document> watcher(DeadLetterStore letters, Random chance) {
        return ChangeWatcher.of(TestServer.client())
                .collection(database, "items")
                .name("blocked")
                .maxAwait(Duration.ofMillis(100))
                .resumeFrom(new InMemoryResumeTokenStore())
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .parkIn(letters, ParkingOrder.BLOCK_KEY)
                .onUpdate(event -> handle(event, chance));
    }

    private void handle(Update<Document> event, Random chance) {
        int id = event.documentKey().getInt32("_id").getValue();
        AtomicInteger inside = inHandler.computeIfAbsent(id, key -> new AtomicInteger());
        if (inside.incrementAndGet() > 1) {
            overlaps.add("document " + id);
        }
        try {
            Thread.onSpinWait();
            if (chance.nextDouble() < failing) {
                throw new IllegalStateException("by chance");
            }
            handled.computeIfAbsent(id, key -> new CopyOnWriteArrayList<>())
                    .add(event.updateDescription()
                            .updatedFields()
                            .getInt32("seq")
                            .getValue());
        } finally {
            inside.decrementAndGet();
        }
    }

    @ParameterizedTest
    @CsvSource({"memory, 1", "memory, 2", "memory, 3", "file, 4", "file, 5", "mongo, 6", "mongo, 7", "mongo, 8"})
    void keepsTheOrderOfEachDocumentWhateverFailsAndWhoReDrives(String place, long seed) throws Exception {
        DeadLetterStore store = letters(place);
        ChangeWatcherBuilder<Document> builder = watcher(store, new Random(seed));
        Publishers.await(items.insertMany(IntStream.range(0, DOCUMENTS)
                .mapToObj(id -> new Document("_id", id))
                .toList()));
        try (ChangeWatcher watcher = builder.start()) {
            Thread first = redriver(builder.deadLetters());
            Thread second = redriver(builder.deadLetters());
            Random order = new Random(seed);
            int[] next = new int[DOCUMENTS];
            for (int written = 0; written < DOCUMENTS * UPDATES; written++) {
                int id = order.nextInt(DOCUMENTS);
                Publishers.await(items.updateOne(Filters.eq(id), Updates.set("seq", next[id]++)));
            }
            int last = order.nextInt(DOCUMENTS);
            eventually(() -> watcher.stats().totalEvents() + watcher.stats().parked() >= DOCUMENTS * UPDATES);
            failing = 0;
            eventually(() -> store.count("blocked") == 0);
            Publishers.await(items.updateOne(Filters.eq(last), Updates.set("seq", next[last]++)));
            eventually(() -> handled.get(last).contains(next[last] - 1));
            end(first);
            end(second);

            assertThat(watcher.stats().parked()).isGreaterThan(DOCUMENTS);
            assertThat(overlaps).isEmpty();
            for (int id = 0; id < DOCUMENTS; id++) {
                assertThat(handled.get(id))
                        .as("document " + id)
                        .isEqualTo(IntStream.range(0, next[id]).boxed().toList());
            }
        }
    }

    private static Thread redriver(DeadLetters letters) {
        Thread thread = new Thread(
                () -> {
                    try {
                        while (!Thread.currentThread().isInterrupted()) {
                            letters.redriveAll();
                        }
                    } catch (InterruptedException | RuntimeException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "redriver");
        thread.start();
        return thread;
    }

    private static void end(Thread thread) throws InterruptedException {
        thread.interrupt();
        thread.join(Duration.ofSeconds(30).toMillis());
        assertThat(thread.isAlive()).isFalse();
    }
}
