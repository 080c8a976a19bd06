package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
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
