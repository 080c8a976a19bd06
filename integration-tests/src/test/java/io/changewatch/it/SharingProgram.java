package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.Insert;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.resume.mongo.PartitionedWatcher;
import java.time.Duration;
import org.bson.Document;

/** One of several instances that share a {@link SteadyWriter}'s documents; prints like {@link WatcherProgram}. */
final class SharingProgram {
    static final int COUNT = 6;

    private SharingProgram() {}

    /** Arguments: connection string, database. */
    public static void main(String[] args) throws InterruptedException {
        MongoClient client = MongoClients.create(args[0]);
        PartitionedWatcher watcher = share(client, args[1]);
        Runtime.getRuntime().addShutdownHook(new Thread(watcher::close, "stop"));
        watcher.awaitTermination(Duration.ofDays(1));
        client.close();
    }

    static PartitionedWatcher share(MongoClient client, String database) {
        MongoDatabase shared = client.getDatabase(database + "_shared");
        return PartitionedWatcher.of(
                        "sharing",
                        COUNT,
                        shared,
                        ChangeWatcher.of(client)
                                .collection(database, "orders", Document.class)
                                .maxAwait(Duration.ofMillis(200))
                                .resumeFrom(MongoResumeTokenStore.in(shared))
                                .checkpoint(CheckpointPolicy.everyEvents(20))
                                .onInsert(SharingProgram::handle))
                .ttl(Duration.ofSeconds(3))
                .start();
    }

    private static void handle(Insert<Document> event) {
        System.out.println("handled " + event.document().getInteger("_id"));
    }
}
