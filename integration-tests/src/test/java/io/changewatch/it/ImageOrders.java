package io.changewatch.it;

import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.testkit.Publishers;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;

/** A collection {@code orders} that keeps images, where a test wants it to. Not thread-safe. */
final class ImageOrders {
    private static final String LARGE = "x".repeat(9_000_000);

    private final MongoClient client;
    private final MongoDatabase database;
    private final MongoCollection<Document> orders;

    ImageOrders(MongoClient client, MongoDatabase database) {
        this.client = client;
        this.database = database;
        this.orders = database.getCollection("orders");
        Publishers.await(database.createCollection(
                "orders",
                new CreateCollectionOptions()
                        .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
    }

    void insert(int... ids) {
        IntStream.of(ids).forEach(id -> Publishers.await(orders.insertOne(new Document("_id", id).append("n", 0))));
    }

    /** With both images, an event of such a document has 18 MB. */
    void insertLarge(int... ids) {
        IntStream.of(ids)
                .forEach(id -> Publishers.await(
                        orders.insertOne(new Document("_id", id).append("n", 0).append("note", LARGE))));
    }

    void update(int... ids) {
        IntStream.of(ids).forEach(id -> Publishers.await(orders.updateOne(Filters.eq(id), Updates.inc("n", 1))));
    }

    void updateWithoutImages(int... ids) {
        withoutImages(() -> update(ids));
    }

    void withoutImages(Runnable changes) {
        keepImages(false);
        changes.run();
        keepImages(true);
    }

    private void keepImages(boolean keep) {
        Publishers.await(database.runCommand(
                Document.parse("{collMod: 'orders', changeStreamPreAndPostImages: {enabled: " + keep + "}}")));
    }

    void inTransaction(Consumer<Transaction> changes) {
        try (ClientSession session = Publishers.first(client.startSession())) {
            session.startTransaction();
            changes.accept(new Transaction(session, orders));
            Publishers.await(session.commitTransaction());
        }
    }

    record Transaction(ClientSession session, MongoCollection<Document> orders) {
        void insert(int id) {
            Publishers.await(orders.insertOne(session, new Document("_id", id).append("n", 0)));
        }

        void update(int id) {
            Publishers.await(orders.updateOne(session, Filters.eq(id), Updates.inc("n", 1)));
        }
    }

    /** The token of the first event, as a stream that splits large events names it. */
    ResumeToken firstTokenWithSplit(StartPosition start) {
        BsonTimestamp time = ((StartPosition.At) start).clusterTime();
        List<Document> split = List.of(Document.parse("{$changeStreamSplitLargeEvent: {}}"));
        return new ResumeToken(
                Publishers.first(orders.watch(split).startAtOperationTime(time)).getResumeToken());
    }

    /** Just behind the last operation. */
    StartPosition now() {
        BsonTimestamp last = Publishers.first(database.runCommand(new Document("ping", 1), BsonDocument.class))
                .getTimestamp("operationTime");
        return StartPosition.at(new BsonTimestamp(last.getTime(), last.getInc() + 1));
    }
}
