package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.testkit.Publishers;
import java.util.List;
import org.bson.Document;

/** The cursors that are open on a server, idle or with a getMore. */
final class ServerCursors {
    private ServerCursors() {}

    /** Those that fulfil {@code filter}; one that a getMore is just taking up may be missing. */
    static List<Document> find(MongoClient client, Document filter) {
        Document operations = new Document("$currentOp", new Document("idleCursors", true).append("allUsers", true));
        Document cursors = new Document("$match", new Document("cursor.cursorId", new Document("$exists", true)));
        return Publishers.await(
                client.getDatabase("admin").aggregate(List.of(operations, cursors, new Document("$match", filter))));
    }
}
