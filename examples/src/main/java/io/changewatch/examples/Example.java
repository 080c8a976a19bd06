package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import java.time.temporal.ChronoUnit;

/** What the examples share: where their server is, and how they end. */
final class Example {

    private static final String THIS_MACHINE = "mongodb://localhost:27017/?replicaSet=rs0";

    private Example() {}

    /** The first argument, else the environment variable {@code CHANGEWATCH_URI}, else this machine. */
    static String uri(String... args) {
        return args.length > 0 ? args[0] : System.getenv().getOrDefault("CHANGEWATCH_URI", THIS_MACHINE);
    }

    /** Returns when the watcher has ended; Ctrl-C or SIGTERM close it, so that its last position is saved. */
    static void runUntilStopped(ChangeWatcher watcher) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(watcher::close, "stop"));
        watcher.awaitTermination(ChronoUnit.FOREVER.getDuration());
    }
}
