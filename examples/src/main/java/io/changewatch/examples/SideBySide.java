package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.nio.file.Path;

/** Sends a mail for each order, up to sixteen at once. */
public final class SideBySide {

    private SideBySide() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        Example.runUntilStopped(watch(Example.uri(args), new Mails()));
    }

    static ChangeWatcher watch(String uri, Mails mails) {
        // @start region="concurrency"
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-mails")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .concurrency(16)
                .onInsert(event -> mails.send(event.document()))
                .start();
        // @end
    }

    /** Stands for a service that takes its time. Thread-safe. */
    static final class Mails {

        void send(Order order) {
            System.out.println("mailed " + order.id());
        }
    }
}
