package io.changewatch.examples;

import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.pipeline.Condition.operation;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bson.Document;

/** Adds up what each user has ordered: an order that was counted twice, or not at all, would be a wrong bill. */
public final class ExactlyOnce {

    private ExactlyOnce() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        try (MongoClient client = MongoClients.create(Example.uri(args))) {
            Example.runUntilStopped(watch(client));
        }
    }

    static ChangeWatcher watch(MongoClient client) {
        // @start region="exactly-once"
        MongoCollection<Document> totals = client.getDatabase("shop").getCollection("totals");
        return ChangeWatcher.of(client)
                .collection("shop", "orders", Order.class)
                .name("totals")
                .pipeline(Pipeline.matching(operation(INSERT)))
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase("shop")))
                .onTransaction((transaction, events) ->
                        transaction.await(totals.bulkWrite(transaction.session(), increments(events))))
                .start();
        // @end
    }

    // @start region="increments"
    private static List<UpdateOneModel<Document>> increments(List<ChangeEvent<Order>> events) {
        Map<String, Long> cents = events.stream()
                .map(event -> ((Insert<Order>) event).document())
                .collect(Collectors.groupingBy(Order::userId, Collectors.summingLong(Order::cents)));
        return cents.entrySet().stream()
                .map(entry -> new UpdateOneModel<Document>(
                        Filters.eq("_id", entry.getKey()),
                        Updates.inc("cents", entry.getValue()),
                        new UpdateOptions().upsert(true)))
                .toList();
    }
    // @end
}
