package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.ServerApi;
import com.mongodb.ServerApiVersion;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Drop;
import io.changewatch.event.Invalidate;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.Document;
import org.bson.types.Decimal128;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watchers of all partitions see each event of a document once, those of one document in one partition, and what concerns all in all. */
class PartitionIT {
    private static final int COUNT = 3;

    private final MongoClient client = MongoClients.create(TestServer.connectionString());
    private final MongoDatabase database = client.getDatabase(TestServer.newDatabaseName());
    private final MongoCollection<BsonDocument> collection = database.getCollection("orders", BsonDocument.class);
    private final List<List<ChangeEvent<Document>>> events = new ArrayList<>();
    private final List<ChangeWatcher> watchers = new ArrayList<>();

    @BeforeEach
    void start() {
        for (int i = 0; i < COUNT; i++) {
            List<ChangeEvent<Document>> seen = new CopyOnWriteArrayList<>();
            events.add(seen);
            watchers.add(ChangeWatcher.of(client)
                    .collection(database.getName(), "orders")
                    .name("indexer-" + i + "-of-" + COUNT)
                    .pipeline(Pipeline.empty().dropFields("fullDocument.secret"))
                    .partition(i, COUNT)
                    .onEvent(seen::add)
                    .start());
        }
    }

    @AfterEach
    void close() {
        watchers.forEach(ChangeWatcher::close);
        Publishers.await(database.drop());
        client.close();
    }

    @Test
    void sharesTheDocumentsWhateverTheirKeysAre() {
        List<BsonValue> keys = keys();
        keys.forEach(key -> Publishers.await(collection.insertOne(new BsonDocument("_id", key))));
        keys.forEach(key -> Publishers.await(
                collection.updateOne(new BsonDocument("_id", key), new Document("$set", new Document("n", 1)))));
        keys.forEach(key -> Publishers.await(collection.deleteOne(new BsonDocument("_id", key))));
        Publishers.await(collection.drop());
        eventually(() -> events.stream().allMatch(seen -> seen.stream().anyMatch(Invalidate.class::isInstance)));

        Map<BsonValue, List<Integer>> partitions = new HashMap<>();
        for (int i = 0; i < COUNT; i++) {
            for (ChangeEvent<Document> event : events.get(i)) {
                if (event instanceof DocumentEvent<Document> change) {
                    partitions
                            .computeIfAbsent(change.documentKey().get("_id"), key -> new ArrayList<>())
                            .add(i);
                }
            }
        }
        assertThat(partitions.keySet()).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(partitions.values())
                .as("insert, update and delete in one partition")
                .allSatisfy(seen -> {
                    assertThat(seen).hasSize(3);
                    assertThat(seen.stream().distinct()).hasSize(1);
                });
        assertThat(events)
                .as("none has all, none has nothing")
                .allSatisfy(seen -> assertThat(seen.size()).isBetween(3, keys.size() * 2));
        assertThat(events)
                .allSatisfy(seen -> assertThat(seen.stream()
                                .filter(event -> !(event instanceof DocumentEvent))
                                .map(ChangeEvent::getClass)
                                .toList())
                        .isEqualTo(List.of(Drop.class, Invalidate.class)));
    }

    /** They are the same key to the server, which refuses a second one. */
    @Test
    void putsEqualNumbersOfAllTypesInOnePartition() {
        List<BsonValue> ones = List.of(
                new BsonInt32(1),
                new BsonInt64(1),
                new BsonDouble(1),
                new BsonDecimal128(Decimal128.parse("1")),
                new BsonDecimal128(Decimal128.parse("1.00")));
        ones.forEach(one -> {
            Publishers.await(collection.insertOne(new BsonDocument("_id", one)));
            Publishers.await(collection.deleteOne(new BsonDocument("_id", one)));
        });
        Publishers.await(collection.drop());
        eventually(() -> events.stream().allMatch(seen -> seen.stream().anyMatch(Invalidate.class::isInstance)));

        assertThat(events)
                .extracting(seen ->
                        seen.stream().filter(DocumentEvent.class::isInstance).count())
                .containsExactlyInAnyOrder(0L, 0L, 2L * ones.size());
    }

    /** The hash is in no version of the Stable API by the documentation, yet it is let through. */
    @Test
    void isAcceptedWithAStrictStableApi() {
        ServerApi strict =
                ServerApi.builder().version(ServerApiVersion.V1).strict(true).build();
        List<ChangeEvent<Document>> seen = new CopyOnWriteArrayList<>();
        try (MongoClient strictClient = MongoClients.create(MongoClientSettings.builder()
                        .applyConnectionString(new ConnectionString(TestServer.connectionString()))
                        .serverApi(strict)
                        .build());
                ChangeWatcher watcher = ChangeWatcher.of(strictClient)
                        .collection(database.getName(), "orders")
                        .partition(0, 1)
                        .onEvent(seen::add)
                        .start()) {
            eventually(() -> watcher.state() == WatcherState.RUNNING);
            Publishers.await(collection.insertOne(new BsonDocument("_id", new BsonInt32(1))));
            eventually(() -> seen.size() == 1);
        }
    }

    private static List<BsonValue> keys() {
        List<BsonValue> keys = new ArrayList<>(List.of(
                new BsonInt64(Long.MIN_VALUE),
                new BsonInt64(Long.MAX_VALUE),
                new BsonDouble(Double.NaN),
                new BsonDouble(-0.5),
                new BsonDouble(1e300),
                new BsonString(""),
                new BsonObjectId(),
                BsonBoolean.TRUE,
                BsonNull.VALUE,
                new BsonDateTime(0),
                new BsonTimestamp(7, 1),
                new BsonBinary(new byte[] {1, 2, 3}),
                new BsonDocument("region", new BsonString("eu")).append("number", new BsonInt32(7))));
        IntStream.range(0, 30).mapToObj(BsonInt32::new).forEach(keys::add);
        return keys;
    }
}
