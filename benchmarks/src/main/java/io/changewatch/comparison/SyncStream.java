package io.changewatch.comparison;

import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoClient;

/** The sync driver's stream of a task. */
final class SyncStream {
    private SyncStream() {}

    static <T> ChangeStreamIterable<T> of(Task task, MongoClient client, Class<T> type) {
        ChangeStreamIterable<T> stream = client.getDatabase(Task.DATABASE)
                .getCollection(Task.COLLECTION, type)
                .watch(task.pipeline(), type)
                .fullDocument(task.fullDocument())
                .startAtOperationTime(task.start());
        return task.batchSize() == 0 ? stream : stream.batchSize(task.batchSize());
    }
}
