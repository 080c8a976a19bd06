package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.Insert;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.file.FileResumeTokenStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.bson.Document;

/**
 * The main class of {@link WatcherProcess}: watches a {@link SteadyWriter}'s documents and prints what happens, a line each.
 * Ends by a signal, with a shutdown hook that closes the watcher, or when the watcher has failed.
 *
 * <p>{@code handled 7} is printed inside the handler: an effect that a kill does not take back.
 */
final class WatcherProgram implements WatcherListener {
    /** A checkpoint each so many events. */
    static final int INTERVAL = 50;

    /** The promise of README: no more events come again. */
    static final int MAX_UNSAVED = 150;

    private final Trouble trouble;
    private int handled;

    private WatcherProgram(Trouble trouble) {
        this.trouble = trouble;
    }

    /** What goes wrong in the handler of the event that makes {@code at} events in this process; 0 for never. */
    record Trouble(String kind, int at) {
        static final Trouble NONE = new Trouble("none", 0);

        /** Does not return. */
        static Trouble hang(int at) {
            return new Trouble("hang", at);
        }

        /** Needs more memory than there is. */
        static Trouble outOfMemory(int at) {
            return new Trouble("memory", at);
        }

        private void happen() throws InterruptedException {
            if (kind.equals("hang")) {
                new CountDownLatch(1).await();
            }
            say("never printed " + new long[Integer.MAX_VALUE].length);
        }
    }

    /** Arguments: connection string, database, {@code mongo} or the folder of checkpoints, kind and place of the trouble. */
    public static void main(String[] args) throws InterruptedException {
        MongoClient client = MongoClients.create(args[0]);
        WatcherProgram program = new WatcherProgram(new Trouble(args[3], Integer.parseInt(args[4])));
        ChangeWatcher watcher = ChangeWatcher.of(client)
                .collection(args[1], "orders", Document.class)
                .name("process")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(store(client, args[1], args[2]))
                .checkpoint(CheckpointPolicy.everyEvents(INTERVAL))
                .maxUnsavedEvents(MAX_UNSAVED)
                .retryStore(RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofMillis(200)))
                .onInsert(program::handle)
                .listener(program)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(watcher), "stop"));
        watcher.start();
        watcher.awaitTermination(Duration.ofDays(1));
        client.close();
    }

    private static ResumeTokenStore store(MongoClient client, String database, String where) {
        return where.equals("mongo")
                ? MongoResumeTokenStore.in(client.getDatabase(database))
                : FileResumeTokenStore.in(Path.of(where));
    }

    private static void stop(ChangeWatcher watcher) {
        say("closed " + watcher.close(Duration.ofSeconds(10)));
    }

    private void handle(Insert<Document> event) throws InterruptedException {
        handled++;
        say("handled " + event.document().getInteger("_id"));
        if (handled == trouble.at()) {
            trouble.happen();
        }
    }

    @Override
    public void stateChanged(StateChanged notice) {
        say("state " + notice.to() + notice.cause().map(cause -> ": " + cause).orElse(""));
    }

    @Override
    public void checkpointSaved(CheckpointSaved notice) {
        say("saved " + notice.checkpoint().clusterTime().getValue());
    }

    @Override
    public void checkpointFailed(CheckpointFailed notice) {
        say("not saved: " + notice.cause().getMessage());
    }

    @Override
    public void deliveryPaused(DeliveryPaused notice) {
        say("paused " + notice.unsavedEvents());
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
