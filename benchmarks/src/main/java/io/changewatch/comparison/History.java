package io.changewatch.comparison;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.BulkWriteOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.InsertManyOptions;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.WriteModel;
import io.changewatch.testkit.LocalReplicaSet;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.BsonTimestamp;
import org.bson.Document;

/**
 * A replica set of one member with a cache of 1 GB, and what was written there.
 *
 * <p>Not thread-safe.
 */
final class History implements AutoCloseable {
    private static final int AT_ONCE = 1_000;
    private static final int BYTES_AT_ONCE = 8 << 20;
    private static final int DOCUMENT_BYTES = 500;

    private final LocalReplicaSet servers;
    private final MongoClient client;

    private History(LocalReplicaSet servers) {
        this.servers = servers;
        this.client = MongoClients.create(servers.connectionString());
    }

    /** Starts a server whose oplog holds four times what is to be written. */
    static History start(Workload largest) {
        long bytes = 4L * largest.writes() * (largest.noteBytes() + DOCUMENT_BYTES);
        LocalReplicaSet servers = LocalReplicaSet.builder()
                .oplogSizeMegabytes(Math.toIntExact(Math.max(1_024, bytes >> 20)))
                .start();
        servers.runAdmin(new Document("setParameter", 1).append("wiredTigerEngineRuntimeConfig", "cache_size=1GB"));
        return new History(servers);
    }

    String serverVersion() {
        return servers.runAdmin(new Document("buildInfo", 1)).getString("version");
    }

    String connectionString() {
        return servers.connectionString();
    }

    long serverProcess() {
        return servers.processId(0);
    }

    MongoClient client() {
        return client;
    }

    /** The server's present cluster time. */
    BsonTimestamp now() {
        return servers.runAdmin(new Document("hello", 1)).get("operationTime", BsonTimestamp.class);
    }

    /** Writes into an empty collection; returns how it is read. */
    Task write(Workload workload, Arguments arguments) {
        MongoDatabase shop = client.getDatabase(Task.DATABASE);
        shop.drop();
        shop.createCollection(Task.COLLECTION);
        if (workload.isUpdates()) {
            insert(shop, Task.COLLECTION, Workload.UPDATED_DOCUMENTS, workload.noteBytes());
        }
        BsonTimestamp start = next(now());
        switch (workload.kind()) {
            case INSERTS -> insert(shop, Task.COLLECTION, workload.writes(), workload.noteBytes());
            case UPDATES, UPDATES_WITH_LOOKUP -> update(shop, workload.writes());
            case FOREIGN -> insertForeign(shop, workload.writes());
        }
        return task(start, workload, arguments);
    }

    Task task(BsonTimestamp start, Workload workload, Arguments arguments) {
        return new Task(
                connectionString(), serverProcess(), start, workload, arguments.batchSize(), arguments.warmUpSeconds());
    }

    /** What is at the time itself was written before. */
    private static BsonTimestamp next(BsonTimestamp time) {
        return new BsonTimestamp(time.getTime(), time.getInc() + 1);
    }

    private static void insert(MongoDatabase shop, String name, int count, int noteBytes) {
        MongoCollection<Order> orders = shop.getCollection(name, Order.class);
        int atOnce = Math.max(1, Math.min(AT_ONCE, BYTES_AT_ONCE / (noteBytes + DOCUMENT_BYTES)));
        String note = "x".repeat(noteBytes);
        for (int from = 0; from < count; from += atOnce) {
            orders.insertMany(IntStream.range(from, Math.min(count, from + atOnce))
                    .mapToObj(id -> Order.of(id, 0, note))
                    .toList());
        }
    }

    private static void update(MongoDatabase shop, int count) {
        MongoCollection<Document> orders = shop.getCollection(Task.COLLECTION);
        for (int from = 0; from < count; from += AT_ONCE) {
            List<WriteModel<Document>> updates = IntStream.range(from, Math.min(count, from + AT_ONCE))
                    .<WriteModel<Document>>mapToObj(n -> new UpdateOneModel<>(
                            Filters.eq("_id", (long) (n % Workload.UPDATED_DOCUMENTS)),
                            Updates.set("sent", (long) n + 1)))
                    .toList();
            orders.bulkWrite(updates, new BulkWriteOptions().ordered(true));
        }
    }

    private static void insertForeign(MongoDatabase shop, int count) {
        int atOnce = 100 * AT_ONCE;
        MongoCollection<Document> others = shop.getCollection("others");
        for (int from = 0; from < count; from += atOnce) {
            others.insertMany(
                    IntStream.range(from, Math.min(count, from + atOnce))
                            .mapToObj(n -> new Document("_id", n))
                            .toList(),
                    new InsertManyOptions().ordered(false));
        }
        insert(shop, Task.COLLECTION, 1, 0);
    }

    @Override
    public void close() {
        client.close();
        servers.close();
    }
}
