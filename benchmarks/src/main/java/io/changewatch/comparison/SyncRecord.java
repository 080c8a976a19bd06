package io.changewatch.comparison;

import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.changestream.ChangeStreamDocument;

/**
 * The sync driver's stream, its documents decoded by the driver's codec for records.
 *
 * @param task what is read
 * @param client reads it
 */
record SyncRecord(Task task, MongoClient client) implements Consumer {

    static Consumer open(Task task) {
        return new SyncRecord(task, MongoClients.create(task.connectionString()));
    }

    @Override
    public void read(Receiver receiver) {
        receiver.begin();
        try (MongoChangeStreamCursor<ChangeStreamDocument<Order>> events =
                SyncStream.of(task, client, Order.class).cursor()) {
            while (!receiver.isDone()) {
                DriverEvent.handOut(events.next(), receiver);
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
