package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.testkit.ScriptedCollection;
import io.changewatch.testkit.ScriptedReplicaSet;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.Document;

/** A database of a scripted replica set. Not thread-safe. */
final class PretendedServer implements ServerUnderTest {
    private final ScriptedReplicaSet servers = new ScriptedReplicaSet();

    @Override
    public MongoClient client() {
        return servers.client();
    }

    @Override
    public String database() {
        return "pretended";
    }

    ScriptedReplicaSet servers() {
        return servers;
    }

    private ScriptedCollection collection(String name) {
        return servers.collection(database(), name);
    }

    @Override
    public void insert(String collection, Document... documents) {
        List.of(documents).forEach(collection(collection)::insert);
    }

    @Override
    public void insertTogether(String collection, Document... documents) {
        servers.transaction(() -> insert(collection, documents));
    }

    @Override
    public void set(String collection, int id, Document fields) {
        collection(collection).update(id, fields);
    }

    @Override
    public void replace(String collection, int id, Document document) {
        collection(collection).replace(id, document);
    }

    @Override
    public void delete(String collection, int id) {
        collection(collection).delete(id);
    }

    @Override
    public void drop(String collection) {
        collection(collection).drop();
    }

    @Override
    public void rename(String from, String to) {
        collection(from).renameTo(to);
    }

    @Override
    public void dropDatabase() {
        servers.dropDatabase(database());
    }

    @Override
    public long openCursors() {
        return servers.openStreams();
    }

    @Override
    public List<BsonDocument> sent(String command) {
        return List.of();
    }

    @Override
    public void close() {
        servers.close();
    }
}
