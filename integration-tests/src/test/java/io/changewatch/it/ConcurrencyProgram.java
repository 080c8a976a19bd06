package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.Insert;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.bson.Document;

/**
 * A process whose watcher has eight handlers at once. The handlers of the documents that it is told do not return. Saves after every
 * event; prints {@code handled 7} in the handler, {@code time 7 …} with the event's cluster time, and {@code saved …}.
 */
final class ConcurrencyProgram implements WatcherListener {
    private final List<Integer> hanging;

    private ConcurrencyProgram(List<Integer> hanging) {
        this.hanging = hanging;
    }

    /** Arguments: connection string, database, numbers of documents. */
    public static void main(String[] args) throws InterruptedException {
        MongoClient client = MongoClients.create(args[0]);
        ConcurrencyProgram program = new ConcurrencyProgram(
                Stream.of(args).skip(2).map(Integer::valueOf).toList());
        ChangeWatcher watcher = ChangeWatcher.of(client)
                .collection(args[1], "orders", Document.class)
                .name("concurrent")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase(args[1])))
                .checkpoint(CheckpointPolicy.everyEvent())
                .concurrency(8)
                .onInsert(program::handle)
                .listener(program)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> say("closed " + watcher.close(Duration.ofSeconds(10)))));
        watcher.start();
        watcher.awaitTermination(Duration.ofDays(1));
        client.close();
    }

    private void handle(Insert<Document> event) throws InterruptedException {
        int number = event.document().getInteger("_id");
        say("time " + number + " " + event.clusterTime().getValue());
        if (hanging.contains(number)) {
            new CountDownLatch(1).await();
        }
        say("handled " + number);
    }

    @Override
    public void stateChanged(StateChanged notice) {
        say("state " + notice.to() + notice.cause().map(cause -> ": " + cause).orElse(""));
    }

    @Override
    public void checkpointSaved(CheckpointSaved notice) {
        say("saved " + notice.checkpoint().clusterTime().getValue());
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
