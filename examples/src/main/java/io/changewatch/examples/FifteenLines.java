package io.changewatch.examples;

// @start region="fifteen-lines"
import io.changewatch.ChangeWatcher;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.nio.file.Path;

/** Prints what happens to the orders of a shop, and goes on where it was when it is started again. */
public final class FifteenLines {
    /** A document of {@code shop.orders}. */
    public record Order(String userId, String status, long cents) {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) {
        String uri = args.length > 0 ? args[0] : "mongodb://localhost:27017/?replicaSet=rs0";
        // @start region="start"
        ChangeWatcher watcher = ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-printer")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .onInsert(event -> System.out.println("new: " + event.document()))
                .onUpdate(event -> System.out.println("changed: " + event.updateDescription()))
                .onDelete(event -> System.out.println("gone: " + event.documentKey()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(watcher::close));
        // @end
    }
}
// @end
