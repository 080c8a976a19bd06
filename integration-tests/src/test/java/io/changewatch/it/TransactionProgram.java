package io.changewatch.it;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.event.CommandSucceededEvent;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.Batching;
import io.changewatch.ChangeWatcher;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.Document;

/**
 * A process that counts a {@link SteadyWriter}'s documents in transactions, and kills itself at a point that it is told. Ends otherwise by
 * a signal, with a shutdown hook that closes the watcher.
 */
final class TransactionProgram implements WatcherListener, CommandListener {
    private final Death death;
    private final AtomicInteger met = new AtomicInteger();

    private TransactionProgram(Death death) {
        this.death = death;
    }

    /**
     * When the process dies: at the n-th time that a command is sent, or answered. The answer of {@code commitTransaction} is the moment
     * when everything is committed and the watcher does not know yet.
     *
     * @param nth 0 for never
     */
    record Death(String command, boolean answered, int nth) {
        static final Death NEVER = new Death("none", false, 0);

        static Death parse(String text) {
            String[] parts = text.split(":", -1);
            return new Death(parts[0], Boolean.parseBoolean(parts[1]), Integer.parseInt(parts[2]));
        }

        @Override
        public String toString() {
            return command + ":" + answered + ":" + nth;
        }
    }

    /** Arguments: connection string, database, death. */
    public static void main(String[] args) throws InterruptedException {
        TransactionProgram program = new TransactionProgram(Death.parse(args[2]));
        MongoClient client = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(args[0]))
                .addCommandListener(program)
                .build());
        Totals totals = new Totals(client, args[1]);
        ChangeWatcher watcher = ChangeWatcher.of(client)
                .collection(args[1], "orders", Document.class)
                .name("totals")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase(args[1])))
                .onTransaction(Batching.upTo(30).within(Duration.ofMillis(20)), totals::count)
                .listener(program)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> say("closed " + watcher.close(Duration.ofSeconds(10)))));
        watcher.start();
        watcher.awaitTermination(Duration.ofDays(1));
        client.close();
    }

    @Override
    public void commandStarted(CommandStartedEvent event) {
        meet(event.getCommandName(), false);
    }

    @Override
    public void commandSucceeded(CommandSucceededEvent event) {
        meet(event.getCommandName(), true);
    }

    private void meet(String command, boolean answered) {
        if (command.equals(death.command()) && answered == death.answered() && met.incrementAndGet() == death.nth()) {
            Runtime.getRuntime().halt(9);
        }
    }

    @Override
    public void stateChanged(StateChanged notice) {
        say("state " + notice.to() + notice.cause().map(cause -> ": " + cause).orElse(""));
    }

    @Override
    public void checkpointFailed(CheckpointFailed notice) {
        say("again: " + notice.cause().getMessage());
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
