package io.changewatch.examples;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.resume.mongo.MongoLease;
import io.changewatch.resume.mongo.MongoResumeTokenStore;

/** Start it as often as you like: one instance watches, the others stand by and take over. */
public final class OneActiveOfMany {

    private OneActiveOfMany() {}

    /** Runs until Ctrl-C; argument: connection string. */
    public static void main(String[] args) throws InterruptedException {
        try (MongoClient client = MongoClients.create(Example.uri(args))) {
            Example.runUntilStopped(watch(client));
        }
    }

    static ChangeWatcher watch(MongoClient client) {
        // @start region="lease"
        MongoDatabase own = client.getDatabase("indexer");
        return ChangeWatcher.of(client)
                .collection("shop", "orders", Order.class)
                .name("order-indexer")
                .resumeFrom(MongoResumeTokenStore.in(own))
                .onlyOneActive(MongoLease.in(own))
                .onInsert(event -> System.out.println("new: " + event.document()))
                .onDelete(event -> System.out.println("gone: " + event.documentKey()))
                .start();
        // @end
    }
}
