package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.resume.mongo.MongoDeadLetterStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.resume.mongo.PartitionedWatcher;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Instances share the partitions of one stream, whoever joins and leaves, and miss nothing. */
class PartitionedWatcherIT {
    private static final int COUNT = 6;
    private static final Set<Integer> ALL = Set.of(0, 1, 2, 3, 4, 5);

    private final MongoClient client = MongoClients.create(TestServer.connectionString());
    private final String database = TestServer.newDatabaseName();
    private final List<Integer> handled = new CopyOnWriteArrayList<>();
    private final List<PartitionedWatcher> instances = new ArrayList<>();

    @AfterEach
    void close() {
        instances.forEach(PartitionedWatcher::close);
        Publishers.await(client.getDatabase(database).drop());
        Publishers.await(client.getDatabase(database + "_shared").drop());
        client.close();
    }

    private PartitionedWatcher join() {
        return join(builder());
    }

    private PartitionedWatcher join(ChangeWatcherBuilder<Document> builder) {
        PartitionedWatcher instance = PartitionedWatcher.of(
                        "indexer", COUNT, client.getDatabase(database + "_shared"), builder)
                .ttl(Duration.ofSeconds(3))
                .start();
        instances.add(instance);
        return instance;
    }

    private ChangeWatcherBuilder<Document> builder() {
        return ChangeWatcher.of(client)
                .collection(database, "orders", Document.class)
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase(database + "_shared")))
                .onInsert(this::handle);
    }

    private void handle(Insert<Document> event) {
        handled.add(event.document().getInteger("_id"));
    }

    @Test
    void readAllTogether() throws InterruptedException {
        PartitionedWatcher first = join();
        eventually(() -> first.active().equals(ALL));
        try (SteadyWriter writer = SteadyWriter.start(TestServer.connectionString(), database)) {
            PartitionedWatcher second = join();
            PartitionedWatcher third = join();
            eventually(() -> sharesAre(2, first, second, third));

            assertThat(second.close(Duration.ofSeconds(10))).isTrue();
            eventually(() -> sharesAre(3, first, third));
            assertThat(second.active()).isEmpty();

            int written = writer.stop();
            eventually(() -> new HashSet<>(handled).size() == written);
            assertThat(handled).as("a hand-over repeats nothing").hasSize(written);
            assertThat(first.failure()).isEmpty();
        }
    }

    private static boolean sharesAre(int each, PartitionedWatcher... sharing) {
        List<Set<Integer>> shares =
                Stream.of(sharing).map(PartitionedWatcher::active).toList();
        Set<Integer> together = new HashSet<>();
        shares.forEach(together::addAll);
        return together.equals(ALL) && shares.stream().allMatch(share -> share.size() == each);
    }

    @Test
    void endWhereOnePartitionFailsAndLeaveItToOthers() throws InterruptedException {
        PartitionedWatcher broken =
                join(builder().whenHandlerFails(HandlerFailurePolicy.stop()).onEvent(PartitionedWatcherIT::refuse));
        eventually(() -> broken.active().equals(ALL));
        Publishers.await(client.getDatabase(database).getCollection("orders").insertOne(new Document("_id", 1)));

        assertThat(broken.awaitTermination(Eventually.LIMIT)).isTrue();
        assertThat(broken.failure()).get().isInstanceOf(HandlerFailedException.class);
        assertThat(broken.active()).isEmpty();

        PartitionedWatcher next = join();
        eventually(() -> next.active().equals(ALL) && handled.equals(List.of(1, 1)));
    }

    @Test
    void keepTheLettersOfEachPartition() throws InterruptedException {
        ChangeWatcherBuilder<Document> parking = builder()
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .parkIn(MongoDeadLetterStore.in(client.getDatabase(database + "_shared")))
                .onEvent(PartitionedWatcherIT::refuse);
        PartitionedWatcher instance = join(parking);
        eventually(() -> instance.active().equals(ALL));
        Publishers.await(client.getDatabase(database)
                .getCollection("orders")
                .insertMany(IntStream.range(0, 30)
                        .mapToObj(id -> new Document("_id", id))
                        .toList()));

        List<DeadLetters> letters = PartitionedWatcher.of(
                        "indexer", COUNT, client.getDatabase(database + "_shared"), parking)
                .deadLetters();
        assertThat(letters).hasSize(COUNT);
        eventually(() -> letters.stream().mapToLong(DeadLetters::count).sum() == 30);
        for (DeadLetters ofPartition : letters) {
            ofPartition.list().forEach(letter -> ofPartition.drop(letter.id()));
        }
        assertThat(letters).allMatch(ofPartition -> ofPartition.count() == 0);
    }

    private static void refuse(ChangeEvent<Document> event) {
        throw new IllegalStateException("refused");
    }

    @Test
    void areRefusedWhatCannotWork() {
        assertThatThrownBy(() -> PartitionedWatcher.of("indexer", 0, client.getDatabase(database), builder()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Watcher 'indexer' cannot be split into 0 partitions: at least 1 is needed.");
        assertThatThrownBy(() -> PartitionedWatcher.of(" ", COUNT, client.getDatabase(database), builder()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("A partitioned watcher needs a name that is not blank.");
        assertThatThrownBy(() -> PartitionedWatcher.of(
                                "indexer",
                                COUNT,
                                client.getDatabase(database),
                                builder().batchSize(0))
                        .start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Watcher 'indexer-0-of-6' cannot be built: batchSize(0) must be at least 1.");
    }
}
