package io.changewatch.examples;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.resume.mongo.PartitionedWatcher;
import java.time.temporal.ChronoUnit;

/** Shares the work of one stream with whoever else runs this program: start it several times, and stop one. */
public final class SharedStream {

    private SharedStream() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        try (MongoClient client = MongoClients.create(Example.uri(args))) {
            PartitionedWatcher watcher = share(client);
            Runtime.getRuntime().addShutdownHook(new Thread(watcher::close, "stop"));
            watcher.awaitTermination(ChronoUnit.FOREVER.getDuration());
        }
    }

    static PartitionedWatcher share(MongoClient client) {
        // @start region="start"
        MongoDatabase shared = client.getDatabase("shop_watchers");
        return PartitionedWatcher.of(
                        "order-indexer",
                        8,
                        shared,
                        ChangeWatcher.of(client)
                                .collection("shop", "orders", Order.class)
                                .resumeFrom(MongoResumeTokenStore.in(shared))
                                .onInsert(event -> System.out.println("new: " + event.document())))
                .start();
        // @end
    }
}
