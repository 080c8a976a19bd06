package io.changewatch.soak;

import io.changewatch.ChangeWatcher;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Update;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.bson.Document;

/**
 * The watcher's process: writes a line for each event it handles, and one when it begins and when it has closed. Closes when it is asked to
 * end (SIGTERM).
 */
public final class SoakWatcher {
    static final String DATABASE = "soak";
    static final String COLLECTION = "orders";
    static final String LOG = "handled.log";
    static final String CHECKPOINTS = "checkpoints";
    static final String BEGIN = "begin";
    static final String CLOSED = "closed";
    /** How many events come again after a crash at most. */
    static final int MOST_REPEATED = 1_000;

    private final OutputStream log;

    private SoakWatcher(OutputStream log) {
        this.log = log;
    }

    /** Arguments: connection string, folder. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[1]);
        OutputStream log =
                Files.newOutputStream(folder.resolve(LOG), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        new SoakWatcher(log).run(arguments[0], folder);
    }

    private void run(String connectionString, Path folder) throws Exception {
        line(BEGIN);
        ChangeWatcher watcher = ChangeWatcher.connect(connectionString)
                .collection(DATABASE, COLLECTION)
                .name("soak")
                .resumeFrom(FileResumeTokenStore.in(folder.resolve(CHECKPOINTS)))
                .checkpoint(CheckpointPolicy.everyEvents(200).or(CheckpointPolicy.every(Duration.ofMillis(500))))
                .maxUnsavedEvents(MOST_REPEATED)
                .unresponsiveAfter(Duration.ofSeconds(3))
                .onEvent(this::handle)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(watcher), "close"));
        watcher.start();
        watcher.awaitTermination(Duration.ofDays(365));
        watcher.failure().ifPresent(failure -> {
            failure.printStackTrace();
            Runtime.getRuntime().halt(3);
        });
    }

    private void close(ChangeWatcher watcher) {
        if (watcher.close(Duration.ofSeconds(30))) {
            line(CLOSED);
        }
    }

    private void handle(ChangeEvent<Document> event) {
        if (event instanceof Insert<Document> insert) {
            line(insert.document().getInteger("writer") + " "
                    + insert.document().getInteger("n"));
        } else if (event instanceof Update<Document> update) {
            int writer = update.documentKey().getInt32("_id").getValue();
            line(writer + " "
                    + update.updateDescription().updatedFields().getInt32("n").getValue());
        } else {
            line("unexpected " + event.operationType());
        }
    }

    /** In one write, so that a kill leaves a whole line or none. */
    private void line(String text) {
        try {
            log.write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
