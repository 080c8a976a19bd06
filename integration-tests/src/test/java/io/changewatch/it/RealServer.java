package io.changewatch.it;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoNamespace;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.Document;

/** A database of the shared server, with a collection {@code orders} whose images are kept. Not thread-safe. */
final class RealServer implements ServerUnderTest {
    private final RecordedCommands commands = new RecordedCommands();
    private final MongoDatabase database = TestServer.newDatabase();
    private final MongoClient client = MongoClients.create(MongoClientSettings.builder()
            .applyConnectionString(new ConnectionString(TestServer.connectionString()))
            .addCommandListener(commands)
            .build());

    RealServer() {
        Publishers.await(database.createCollection(
                "orders",
                new CreateCollectionOptions()
                        .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
    }

    @Override
    public MongoClient client() {
        return client;
    }

    @Override
    public String database() {
        return database.getName();
    }

    MongoDatabase writes() {
        return database;
    }

    @Override
    public void insert(String collection, Document... documents) {
        Publishers.await(database.getCollection(collection).insertMany(List.of(documents)));
    }

    @Override
    public void insertTogether(String collection, Document... documents) {
        try (ClientSession session = Publishers.first(TestServer.client().startSession())) {
            session.startTransaction();
            Publishers.await(database.getCollection(collection).insertMany(session, List.of(documents)));
            Publishers.await(session.commitTransaction());
        }
    }

    @Override
    public void set(String collection, int id, Document fields) {
        Publishers.await(database.getCollection(collection).updateOne(Filters.eq(id), new Document("$set", fields)));
    }

    @Override
    public void replace(String collection, int id, Document document) {
        Publishers.await(database.getCollection(collection).replaceOne(Filters.eq(id), document));
    }

    @Override
    public void delete(String collection, int id) {
        Publishers.await(database.getCollection(collection).deleteOne(Filters.eq(id)));
    }

    @Override
    public void drop(String collection) {
        Publishers.await(database.getCollection(collection).drop());
    }

    @Override
    public void rename(String from, String to) {
        Publishers.await(database.getCollection(from).renameCollection(new MongoNamespace(database.getName(), to)));
    }

    @Override
    public void dropDatabase() {
        Publishers.await(database.drop());
    }

    @Override
    public long openCursors() {
        Document ours = new Document("ns", new Document("$regex", "^" + database.getName()));
        return ServerCursors.find(TestServer.client(), ours).size();
    }

    @Override
    public List<BsonDocument> sent(String command) {
        return commands.named(command);
    }

    int inFlight() {
        return commands.inFlight();
    }

    @Override
    public void close() {
        client.close();
        Publishers.await(database.drop());
    }
}
