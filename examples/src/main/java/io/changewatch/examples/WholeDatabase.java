package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.NamespaceEvent;
import io.changewatch.event.Rename;
import org.bson.Document;

/** Watches every collection of a database, also those made later, and what happens to the collections themselves. */
public final class WholeDatabase {

    private WholeDatabase() {}

    /** Runs until Ctrl-C. Without a store: each start begins with what happens then. */
    public static void main(String[] args) throws InterruptedException {
        // @start region="database"
        ChangeWatcher watcher = ChangeWatcher.connect(Example.uri(args))
                .database("shop")
                .showExpandedEvents() // create, createIndexes and the like, from MongoDB 6.0
                .onEvent(event -> System.out.println(describe(event)))
                .start();
        // @end
        Example.runUntilStopped(watcher);
    }

    // @start region="kinds"
    static String describe(ChangeEvent<Document> event) {
        if (event instanceof DocumentEvent<Document> change) {
            return change.operationType() + " of " + change.documentKey() + " in " + change.in();
        }
        if (event instanceof Rename<Document> rename) {
            return rename.in() + " is now " + rename.to();
        }
        if (event instanceof NamespaceEvent<Document> catalog) {
            return catalog.operationType() + " of " + catalog.in();
        }
        return event.operationType() + " " + event.toJson(); // Invalidate, Gap, Other
    }
    // @end
}
