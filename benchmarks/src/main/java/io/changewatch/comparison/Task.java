package io.changewatch.comparison;

import com.mongodb.client.model.changestream.FullDocument;
import java.util.List;
import org.bson.BsonTimestamp;
import org.bson.Document;

/**
 * What a consumer is to read, told to its process as JSON.
 *
 * @param connectionString of the server
 * @param serverProcess the id of the server's process
 * @param start the cluster time from which to read
 * @param workload what was written since
 * @param batchSize of the drivers' streams; 0 for their own default
 * @param watcherBatchSize of the watcher; 0 for its default
 * @param warmUpSeconds for which the history is read at least before anything is measured
 */
record Task(
        String connectionString,
        long serverProcess,
        BsonTimestamp start,
        Workload workload,
        int batchSize,
        int watcherBatchSize,
        int warmUpSeconds) {
    static final String DATABASE = "shop";
    static final String COLLECTION = "orders";

    static Task read(String json) {
        Document document = Wire.read(json);
        return new Task(
                document.getString("connectionString"),
                document.getLong("serverProcess"),
                document.get("start", BsonTimestamp.class),
                Workload.read(document.get("workload", Document.class)),
                document.getInteger("batchSize"),
                document.getInteger("watcherBatchSize"),
                document.getInteger("warmUpSeconds"));
    }

    /** The stages of a narrow filter, or none. */
    List<Document> pipeline() {
        if (!workload.isFiltered()) {
            return List.of();
        }
        Document condition = new Document("operationType", "insert")
                .append("fullDocument.part", new Document("$lt", workload.passing()));
        return List.of(new Document("$match", condition));
    }

    FullDocument fullDocument() {
        return workload.withLookup() ? FullDocument.UPDATE_LOOKUP : FullDocument.DEFAULT;
    }

    String json() {
        return Wire.line(new Document("connectionString", connectionString)
                .append("serverProcess", serverProcess)
                .append("start", start)
                .append("workload", workload.document())
                .append("batchSize", batchSize)
                .append("watcherBatchSize", watcherBatchSize)
                .append("warmUpSeconds", warmUpSeconds));
    }
}
