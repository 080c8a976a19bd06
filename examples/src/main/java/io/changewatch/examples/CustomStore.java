package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.resume.CheckpointPolicy;
import java.nio.file.Path;
import java.time.Duration;

/** Keeps its checkpoints in a store of its own, {@link PropertiesStore}, and saves them when it chooses. */
public final class CustomStore {

    private CustomStore() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        Example.runUntilStopped(watch(Example.uri(args)));
    }

    static ChangeWatcher watch(String uri) {
        // @start region="custom-store"
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-printer")
                .resumeFrom(new PropertiesStore(Path.of("checkpoints.properties")))
                .checkpoint(CheckpointPolicy.everyEvents(100).or(CheckpointPolicy.every(Duration.ofSeconds(5))))
                .onDocumentEvent(event -> System.out.println(event.operationType() + " " + event.documentKey()))
                .start();
        // @end
    }
}
