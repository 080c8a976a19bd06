package io.changewatch.comparison;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.InsertManyOptions;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.Updates;
import io.changewatch.testkit.LocalReplicaSet;
import java.util.function.Consumer;
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
    private static final int FOREIGN_AT_ONCE = 100_000;
    private static final int BYTES_AT_ONCE = 8 << 20;

    private final LocalReplicaSet servers;
    private final MongoClient client;

    private History(LocalReplicaSet servers) {
        this.servers = servers;
        this.client = MongoClients.create(servers.connectionString());
    }

    /** Starts a server whose oplog holds four times what is to be written. */
    static History start(Workload largest) {
        long bytes = 4L * largest.writes() * largest.bytesPerWrite();
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
            insert(shop, Workload.inserts(Workload.UPDATED_DOCUMENTS));
        }
        BsonTimestamp start = next(now());
        switch (workload.kind()) {
            case INSERTS -> insert(shop, workload);
            case TINY_INSERTS -> insertTiny(shop, workload.writes());
            case UPDATES, UPDATES_WITH_LOOKUP -> update(shop, workload.writes());
            case FOREIGN -> insertForeign(shop, workload.writes());
        }
        return task(start, workload, arguments);
    }

    Task task(BsonTimestamp start, Workload workload, Arguments arguments) {
        return new Task(
                connectionString(),
                serverProcess(),
                start,
                workload,
                arguments.batchSize(),
                arguments.watcherBatchSize(),
                arguments.warmUpSeconds());
    }

    /** What is at the time itself was written before. */
    private static BsonTimestamp next(BsonTimestamp time) {
        return new BsonTimestamp(time.getTime(), time.getInc() + 1);
    }

    private static void insert(MongoDatabase shop, Workload workload) {
        MongoCollection<Order> orders = shop.getCollection(Task.COLLECTION, Order.class);
        int atOnce = Math.max(1, Math.min(AT_ONCE, BYTES_AT_ONCE / workload.bytesPerWrite()));
        String note = "x".repeat(workload.noteBytes());
        inSteps(
                workload.writes(),
                atOnce,
                ids -> orders.insertMany(
                        ids.mapToObj(id -> Order.of(id, 0, note)).toList()));
    }

    private static void insertTiny(MongoDatabase shop, int count) {
        MongoCollection<Document> orders = shop.getCollection(Task.COLLECTION);
        inSteps(
                count,
                AT_ONCE,
                ids -> orders.insertMany(ids.mapToObj(Order::tiny).toList()));
    }

    private static void inSteps(int count, int atOnce, Consumer<IntStream> write) {
        for (int from = 0; from < count; from += atOnce) {
            write.accept(IntStream.range(from, Math.min(count, from + atOnce)));
        }
    }

    private static void update(MongoDatabase shop, int count) {
        MongoCollection<Document> orders = shop.getCollection(Task.COLLECTION);
        inSteps(
                count,
                AT_ONCE,
                numbers -> orders.bulkWrite(numbers.mapToObj(History::update).toList()));
    }

    private static UpdateOneModel<Document> update(int number) {
        long id = number % Workload.UPDATED_DOCUMENTS;
        return new UpdateOneModel<>(Filters.eq("_id", id), Updates.set("sent", number + 1L));
    }

    private static void insertForeign(MongoDatabase shop, int count) {
        MongoCollection<Document> others = shop.getCollection("others");
        InsertManyOptions unordered = new InsertManyOptions().ordered(false);
        inSteps(
                count,
                FOREIGN_AT_ONCE,
                ids -> others.insertMany(
                        ids.mapToObj(id -> new Document("_id", id)).toList(), unordered));
        insert(shop, Workload.inserts(1));
    }

    @Override
    public void close() {
        client.close();
        servers.close();
    }
}
