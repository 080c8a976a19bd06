package io.changewatch.examples.demo;

import io.changewatch.ChangeWatcher;
import io.changewatch.event.Delete;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Replace;
import io.changewatch.event.Update;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.bson.BsonDocument;

/** The watching process: prints events, writes each to the journal, and keeps its position in a file. */
public final class OrderWatcher {
    private static final int SHOWN = 1_000;

    private final Journal journal;
    private long handled;

    private OrderWatcher(Journal journal) {
        this.journal = journal;
    }

    /** Watches until the process is told to end; arguments: connection string, database, folder. */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[2]);
        try (Journal journal = Journal.appendTo(folder.resolve("journal"))) {
            OrderWatcher handler = new OrderWatcher(journal);
            ChangeWatcher watcher = ChangeWatcher.connect(args[0])
                    .collection(args[1], "orders", DemoOrder.class)
                    .name("orders-demo")
                    .resumeFrom(FileResumeTokenStore.in(folder.resolve("checkpoints")))
                    .onDocumentEvent(handler::handle)
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(watcher::close, "shutdown"));
            System.out.println(
                    "  watching, in process " + ProcessHandle.current().pid());
            watcher.awaitTermination(Duration.ofDays(1));
        }
    }

    private void handle(DocumentEvent<DemoOrder> event) throws IOException {
        Change change = new Change(
                event.operationType().value(),
                event.documentKey().getInt64("_id").getValue(),
                version(event));
        show(change, event);
        journal.handled(change, writtenAt(event));
    }

    private void show(Change change, DocumentEvent<DemoOrder> event) {
        if (handled++ % SHOWN < 4) {
            System.out.printf(
                    "  %-8s order %-6d %-8s %s%n",
                    change.operation(),
                    change.order(),
                    change.version() == 0 ? "" : "v" + change.version(),
                    details(event));
        }
    }

    private static String details(DocumentEvent<DemoOrder> event) {
        if (event instanceof Insert<DemoOrder> insert) {
            return "of " + insert.document().userId() + ", " + insert.document().status();
        }
        if (event instanceof Replace<DemoOrder> replace) {
            return "of " + replace.document().userId() + ", "
                    + replace.document().status();
        }
        return event instanceof Update<DemoOrder> update ? "now " + status(update) : "";
    }

    private static int version(DocumentEvent<DemoOrder> event) {
        if (event instanceof Insert<DemoOrder> insert) {
            return insert.document().version();
        }
        if (event instanceof Replace<DemoOrder> replace) {
            return replace.document().version();
        }
        return event instanceof Update<DemoOrder> update
                ? fields(update).getInt32("version").getValue()
                : 0;
    }

    private static long writtenAt(DocumentEvent<DemoOrder> event) {
        if (event instanceof Insert<DemoOrder> insert) {
            return insert.document().writtenAt();
        }
        if (event instanceof Replace<DemoOrder> replace) {
            return replace.document().writtenAt();
        }
        return event instanceof Update<DemoOrder> update
                ? fields(update).getInt64("writtenAt").getValue()
                : ((Delete<DemoOrder>) event).wallTime().toEpochMilli() * 1_000;
    }

    /** The server leaves out a field that was set to the value it had. */
    private static String status(Update<DemoOrder> update) {
        return fields(update).containsKey("status")
                ? fields(update).getString("status").getValue()
                : "as before";
    }

    private static BsonDocument fields(Update<DemoOrder> update) {
        return update.updateDescription().updatedFields();
    }
}
