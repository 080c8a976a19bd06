package io.changewatch.examples;

import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.file.FileResumeTokenStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** Goes back to before a time, to handle again what a faulty handler has handled since then. */
public final class GoingBack {

    private GoingBack() {}

    /** Prints inserts, those since a time once more, until Ctrl-C; arguments: connection string, the time. */
    public static void main(String[] args) throws InterruptedException, TimeoutException {
        ChangeWatcher watcher = ChangeWatcher.connect(args[0])
                .collection("shop", "orders", Order.class)
                .name("order-printer")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .exposeThroughJmx()
                .onInsert(event -> System.out.println("new or again: " + event.document()))
                .build();
        watcher.pause(); // nothing is handled before it stands where it shall begin
        watcher.start();
        goBack(watcher, Instant.parse(args[1]));
        Example.runUntilStopped(watcher);
    }

    static void goBack(ChangeWatcher watcher, Instant deployed) throws InterruptedException, TimeoutException {
        // @start region="back"
        watcher.pause();
        Optional<Checkpoint> before = watcher.history().stream()
                .filter(checkpoint -> checkpoint.savedAt().isBefore(deployed))
                .findFirst();
        if (before.isPresent()) {
            watcher.seek(before.get(), Duration.ofSeconds(30)); // what was handled since then comes again
        }
        watcher.resume();
        // @end
    }

    static ResumeTokenStore store(MongoDatabase database) {
        // @start region="policy"
        HistoryPolicy history = HistoryPolicy.keep(Duration.ofMinutes(30), Duration.ofSeconds(10))
                .then(Duration.ofDays(7), Duration.ofHours(1));
        ResumeTokenStore store = MongoResumeTokenStore.in(database).keepHistory(history);
        // @end
        return store;
    }
}
