package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.Insert;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.mongo.MongoLease;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.time.Duration;
import java.util.function.Consumer;
import org.bson.Document;

/**
 * One instance of many that watch a {@link SteadyWriter}'s documents, and tells what happens, a line each: as the main class of a
 * {@link WatcherProcess}, or inside of a test.
 *
 * <p>{@code handled 7} is told inside the handler: an effect that a kill does not take back.
 */
final class LeasedProgram implements WatcherListener, AutoCloseable {
    /** Long enough for a machine that is busy. */
    static final Duration TTL = Duration.ofSeconds(3);

    private final MongoClient client;
    private final ChangeWatcher watcher;
    private final Consumer<String> output;

    LeasedProgram(String connectionString, String database, Consumer<String> output) {
        this.output = output;
        // A frozen server does not answer: without a time-out the driver would wait for it instead of its successor.
        client = MongoClients.create(connectionString + "&socketTimeoutMS=3000");
        watcher = ChangeWatcher.of(client)
                .collection(database, "orders", Document.class)
                .name("one of many")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase(database)))
                .onlyOneActive(MongoLease.in(client.getDatabase(database)).ttl(TTL))
                .checkpoint(CheckpointPolicy.everyEvents(20))
                .onInsert(this::handle)
                .listener(this)
                .build();
    }

    /** Arguments: connection string, database. Ends by a signal, with a hook that closes the watcher, or when that has failed. */
    public static void main(String[] args) throws InterruptedException {
        LeasedProgram program = new LeasedProgram(args[0], args[1], System.out::println);
        Runtime.getRuntime().addShutdownHook(new Thread(program::close, "stop"));
        program.start();
        program.watcher.awaitTermination(Duration.ofDays(1));
    }

    LeasedProgram start() {
        watcher.start();
        return this;
    }

    ChangeWatcher watcher() {
        return watcher;
    }

    private void handle(Insert<Document> event) {
        output.accept("handled " + event.document().getInteger("_id"));
    }

    @Override
    public void stateChanged(StateChanged notice) {
        output.accept("state " + notice.to()
                + notice.cause().map(cause -> ": " + cause).orElse(""));
    }

    @Override
    public void leaseAcquired(LeaseAcquired notice) {
        output.accept("acquired " + notice.term()
                + notice.expiredHolder()
                        .map(holder -> " after the time of " + holder)
                        .orElse(" as it was free"));
    }

    @Override
    public void leaseLost(LeaseLost notice) {
        output.accept("lost " + notice.term() + ": " + notice.cause().getMessage());
    }

    @Override
    public void standingBy(StandingBy notice) {
        output.accept("standing by term " + notice.term());
    }

    @Override
    public void checkpointSaved(CheckpointSaved notice) {
        output.accept("saved in term " + notice.checkpoint().term());
    }

    @Override
    public void close() {
        output.accept("closed " + watcher.close(Duration.ofSeconds(10)));
        client.close();
    }
}
