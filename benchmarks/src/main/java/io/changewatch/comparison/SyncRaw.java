package io.changewatch.comparison;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCursor;
import org.bson.RawBsonDocument;

/**
 * The sync driver's stream of events that are not decoded.
 *
 * @param task what is read
 * @param client reads it
 */
record SyncRaw(Task task, MongoClient client) implements Consumer {

    static Consumer open(Task task) {
        return new SyncRaw(task, MongoClients.create(task.connectionString()));
    }

    @Override
    public void read(Receiver receiver) {
        receiver.begin();
        try (MongoCursor<RawBsonDocument> events = SyncStream.of(task, client, RawBsonDocument.class)
                .withDocumentClass(RawBsonDocument.class)
                .cursor()) {
            while (!receiver.isDone()) {
                receiver.received(events.next());
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
