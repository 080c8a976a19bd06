package io.changewatch.examples.orders;

import com.mongodb.MongoCommandException;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.testkit.Publishers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.bson.Document;
import org.bson.conversions.Bson;

/**
 * The orders in the database. Every write raises an order's version by one.
 *
 * <p>Thread-safe.
 */
final class Orders {
    private static final int NAMESPACE_EXISTS = 48;

    private final MongoDatabase database;
    private final MongoCollection<Order> orders;

    Orders(MongoClient client, String database) {
        this.database = client.getDatabase(database);
        this.orders = this.database.getCollection("orders", Order.class);
    }

    /** Makes the collection, with the images that let a change tell what an order was before and right after it. */
    void prepare() {
        ChangeStreamPreAndPostImagesOptions images = new ChangeStreamPreAndPostImagesOptions(true);
        try {
            Publishers.await(database.createCollection(
                    "orders", new CreateCollectionOptions().changeStreamPreAndPostImagesOptions(images)));
        } catch (MongoCommandException e) {
            if (e.getErrorCode() != NAMESPACE_EXISTS) {
                throw e;
            }
            Publishers.await(database.runCommand(new Document("collMod", "orders")
                    .append("changeStreamPreAndPostImages", new Document("enabled", true))));
        }
    }

    Optional<Order> find(String id) {
        return Publishers.await(orders.find(Filters.eq(id))).stream().findFirst();
    }

    /** The newest first. */
    List<Order> list(Map<String, String> equal, int limit) {
        List<Bson> conditions = new ArrayList<>();
        equal.forEach((field, value) -> conditions.add(Filters.eq(field, value)));
        Bson filter = conditions.isEmpty() ? Filters.empty() : Filters.and(conditions);
        return Publishers.await(
                orders.find(filter).sort(Sorts.descending("updatedAt")).limit(limit));
    }

    Order create(String userId, long cents) {
        String id = UUID.randomUUID().toString().substring(0, 8);
        Order order = new Order(id, userId, "open", cents, 1, now());
        Publishers.await(orders.insertOne(order));
        return order;
    }

    /** The order after the change; empty if there is none. */
    Optional<Order> change(String id, Map<String, Object> fields) {
        List<Bson> updates = new ArrayList<>(List.of(Updates.inc("version", 1), Updates.set("updatedAt", now())));
        fields.forEach((field, value) -> updates.add(Updates.set(field, value)));
        FindOneAndUpdateOptions after = new FindOneAndUpdateOptions().returnDocument(ReturnDocument.AFTER);
        return Publishers.await(orders.findOneAndUpdate(Filters.eq(id), Updates.combine(updates), after)).stream()
                .findFirst();
    }

    MongoCollection<Order> collection() {
        return orders;
    }

    /** The database keeps milliseconds. */
    static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }
}
