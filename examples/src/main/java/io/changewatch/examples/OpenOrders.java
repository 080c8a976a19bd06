package io.changewatch.examples;

import static io.changewatch.pipeline.Condition.document;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.DocumentEvent;
import io.changewatch.pipeline.Change;
import io.changewatch.pipeline.FieldChange;
import io.changewatch.pipeline.Membership;
import io.changewatch.pipeline.Pipeline;

/**
 * Watches which orders are open: one that is no longer open is told apart from one that is deleted. The collection has to keep
 * images: {@code db.runCommand({collMod: "orders", changeStreamPreAndPostImages: {enabled: true}})}.
 */
public final class OpenOrders {

    private OpenOrders() {}

    /** Runs until Ctrl-C; argument: connection string. */
    public static void main(String[] args) throws InterruptedException {
        try (MongoClient client = MongoClients.create(Example.uri(args))) {
            Example.runUntilStopped(watch(client));
        }
    }

    static ChangeWatcher watch(MongoClient client) {
        // @start region="watch"
        Membership open = Membership.of(document(Order::status).eq("OPEN"));
        return ChangeWatcher.of(client)
                .collection("shop", "orders", Order.class)
                .name("open-orders")
                .pipeline(Pipeline.transitionsOf(open))
                .fullDocument(FullDocument.WHEN_AVAILABLE)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
                .onDocumentEvent(event -> {
                    switch (open.transition(Change.of(event, FullDocument.WHEN_AVAILABLE))) {
                        case ENTER -> System.out.println("opened: " + event.documentKey());
                        case UPDATE -> System.out.println("still open: " + event.documentKey());
                        case EXIT -> tellStatus(event);
                        case DELETE -> System.out.println("deleted while open: " + event.documentKey());
                        case UNKNOWN -> System.out.println("look it up: " + event.documentKey());
                        case NONE -> {} // not sent by the server, unless it was asked for everything
                    }
                })
                .start();
        // @end
    }

    private static void tellStatus(DocumentEvent<Order> event) {
        // @start region="status"
        FieldChange status = Change.of(event, FullDocument.WHEN_AVAILABLE).field(Order::status);
        if (status.difference() == FieldChange.Difference.DIFFERENT) {
            System.out.println(
                    "was " + status.before().value() + ", is " + status.after().value());
        }
        // @end
    }
}
