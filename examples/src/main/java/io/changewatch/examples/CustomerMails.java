package io.changewatch.examples;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.DocumentEvent;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.nio.file.Path;

/** Tells each customer what happens to his orders, in order, and up to sixteen customers at once. The collection must keep images. */
public final class CustomerMails {

    private CustomerMails() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        Example.runUntilStopped(watch(Example.uri(args)));
    }

    static ChangeWatcher watch(String uri) {
        // @start region="start"
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("customer-mails")
                .fullDocument(FullDocument.REQUIRED)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .concurrency(16)
                .orderedBy(event -> event.latestDocument().map(Order::userId))
                .onDocumentEvent(CustomerMails::mail)
                .start();
        // @end
    }

    private static void mail(DocumentEvent<Order> event) {
        String customer = event.latestDocument().map(Order::userId).orElse("nobody");
        System.out.println("to " + customer + ": " + event.operationType().value() + " " + event.documentKey());
    }
}
