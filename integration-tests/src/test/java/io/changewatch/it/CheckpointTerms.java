package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.Insert;
import io.changewatch.event.Update;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.BsonValue;
import org.bson.Document;

/** Every change of the term in the checkpoint of a database, in the server's order. Thread-safe. */
final class CheckpointTerms implements AutoCloseable {
    private final List<Long> terms = new CopyOnWriteArrayList<>();
    private final MongoClient client;
    private final ChangeWatcher watcher;

    CheckpointTerms(String connectionString, String database) {
        client = MongoClients.create(connectionString);
        watcher = ChangeWatcher.of(client)
                .collection(database, "changewatch_checkpoints", Document.class)
                .onInsert(this::inserted)
                .onUpdate(this::updated)
                .start();
    }

    private void inserted(Insert<Document> event) {
        Long term = event.document().getLong("term");
        if (term != null) { // a history has none
            terms.add(term);
        }
    }

    private void updated(Update<Document> event) {
        BsonValue term = event.updateDescription().updatedFields().get("term");
        if (term != null) {
            terms.add(term.asInt64().getValue());
        }
    }

    List<Long> seen() {
        return terms;
    }

    @Override
    public void close() {
        watcher.close();
        client.close();
    }
}
