package io.changewatch.examples;

import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.event.OperationType.REPLACE;
import static io.changewatch.event.OperationType.UPDATE;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.operation;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.mongo.MongoResumeTokenStore;

/** Watches what one user's orders become. The server filters: other users' orders never leave it. */
public final class OneUsersUpdates {

    private OneUsersUpdates() {}

    /** Runs until Ctrl-C; arguments: connection string, user. */
    public static void main(String[] args) throws InterruptedException {
        String user = args.length > 1 ? args[1] : "user123";
        try (MongoClient client = MongoClients.create(Example.uri(args))) {
            Example.runUntilStopped(watch(client, user));
        }
    }

    static ChangeWatcher watch(MongoClient client, String user) {
        // @start region="filter"
        // @start region="pipeline"
        Pipeline ordersOfUser = Pipeline.matching(operation(INSERT, UPDATE, REPLACE)
                        .and(document(Order::userId).eq(user)))
                .dropFields(document("creditCard"));
        // @end
        return ChangeWatcher.of(client)
                .collection("shop", "orders", Order.class)
                .name("orders-of-" + user)
                .pipeline(ordersOfUser)
                .fullDocument(FullDocument.UPDATE_LOOKUP)
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase("shop")))
                .onInsert(event -> System.out.println("new: " + event.document()))
                .onUpdate(event -> event.document().ifPresent(order -> System.out.println("now: " + order)))
                .onReplace(event -> System.out.println("replaced: " + event.document()))
                .start();
        // @end
    }
}
