package io.changewatch.examples.demo;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes orders into a replica set, watches them in a second process, kills that process hard in the middle, starts it
 * again, and accounts for every write. Exits with 1 if one is lost or out of order.
 *
 * <p>Uses the replica set of the environment variable {@code CHANGEWATCH_URI}, or starts one of its own.
 */
public final class OrdersDemo {
    private static final int SECONDS_BEFORE = 6;
    private static final int SECONDS_WHILE_DOWN = 1;
    private static final int SECONDS_AFTER = 6;
    private static final Duration CATCH_UP = Duration.ofSeconds(25);

    private final String connectionString;
    private final String database;
    private final Path folder;

    private OrdersDemo(String connectionString, String database, Path folder) {
        this.connectionString = connectionString;
        this.database = database;
        this.folder = folder;
    }

    /** Runs the demo; takes no arguments. */
    public static void main(String[] args) throws Exception {
        System.exit(run(System.getenv("CHANGEWATCH_URI")) ? 0 : 1);
    }

    /** Runs the demo on a replica set, or one of its own; returns whether nothing was lost or out of order. */
    public static boolean run(@Nullable String connectionString) throws Exception {
        Path folder = Files.createTempDirectory("changewatch-demo");
        try {
            return run(connectionString, folder);
        } finally {
            delete(folder);
        }
    }

    private static boolean run(@Nullable String given, Path folder) throws Exception {
        String database = "changewatch_demo_" + ProcessHandle.current().pid();
        if (given != null) {
            say("Using database " + database);
            return new OrdersDemo(given, database, folder).run();
        }
        say("Starting a replica set of one mongod");
        try (LocalReplicaSet servers = LocalReplicaSet.start()) {
            return new OrdersDemo(servers.connectionString(), database, folder).run();
        }
    }

    private boolean run() throws Exception {
        try (MongoClient client = MongoClients.create(connectionString)) {
            MongoDatabase shop = client.getDatabase(database);
            Publishers.await(shop.createCollection("orders"));
            try {
                return run(new OrderWriter(shop.getCollection("orders")));
            } finally {
                Publishers.await(shop.drop());
            }
        }
    }

    private boolean run(OrderWriter writer) throws Exception {
        say("Starting the watcher and writing up to 1,000 changes a second");
        try (WatcherProcess first = startWatcher()) {
            awaitFirstCheckpoint();
            writer.writeFor(SECONDS_BEFORE);
            say("kill -9 of the watching process; the writing goes on");
            first.kill();
        }
        int killedAt = Journal.read(journal()).size();
        writer.writeFor(SECONDS_WHILE_DOWN);
        say("Starting it again: it resumes from its checkpoint");
        Account account;
        int exit;
        try (WatcherProcess second = startWatcher()) {
            writer.writeFor(SECONDS_AFTER);
            account = awaitComplete(writer.written(), second);
            exit = second.stop();
        }
        report(account, Journal.read(journal()), killedAt);
        return account.isGood() && exit == 143;
    }

    private WatcherProcess startWatcher() throws IOException {
        return WatcherProcess.start(connectionString, database, folder);
    }

    /** A watcher pins the position where it opened the stream; what is written from then on is owed. */
    private void awaitFirstCheckpoint() throws InterruptedException {
        long deadline = System.nanoTime() + CATCH_UP.toNanos();
        while (!hasCheckpoint()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "The watching process did not open its stream within " + CATCH_UP + ".");
            }
            pause();
        }
    }

    private boolean hasCheckpoint() {
        try (Stream<Path> files = Files.list(folder.resolve("checkpoints"))) {
            return files.anyMatch(file -> !file.toString().endsWith(".lock"));
        } catch (IOException e) {
            return false;
        }
    }

    private Account awaitComplete(List<Change> written, WatcherProcess watcher) throws InterruptedException {
        long deadline = System.nanoTime() + CATCH_UP.toNanos();
        Account account = account(written);
        while (!account.isComplete() && System.nanoTime() < deadline && watcher.isAlive()) {
            pause();
            account = account(written);
        }
        return account;
    }

    private Account account(List<Change> written) {
        return Account.of(
                written,
                Journal.read(journal()).stream().map(Journal.Entry::change).toList());
    }

    private Path journal() {
        return folder.resolve("journal");
    }

    private static void pause() throws InterruptedException {
        new CountDownLatch(1).await(100, TimeUnit.MILLISECONDS);
    }

    private static void report(Account account, List<Journal.Entry> journal, int killedAt) {
        System.out.printf(
                """

                  written      %,8d
                  handled      %,8d
                  repeated     %,8d   after the kill, since the last checkpoint
                  lost         %,8d
                  out of order %,8d
                """, account.written(), account.handled(), account.repeated(), account.lost(), account.disordered());
        List<Journal.Entry> live = live(journal, killedAt);
        long[] latencies =
                live.stream().mapToLong(Journal.Entry::latencyMicros).sorted().toArray();
        System.out.printf(
                """
                  latency      %8.1f ms median, %.1f ms p99, from before the write to the handler, while not catching up
                  rate         %,8.0f events/s

                """, percentile(latencies, 50), percentile(latencies, 99), rate(journal.subList(0, killedAt)));
    }

    /** Without what was written while nobody watched, and half a second of catching up with it. */
    private static List<Journal.Entry> live(List<Journal.Entry> journal, int killedAt) {
        long caughtUp = journal.get(Math.min(killedAt, journal.size() - 1)).handledAtMicros() + 500_000;
        Stream<Journal.Entry> before = journal.stream().limit(killedAt);
        Stream<Journal.Entry> after = journal.stream()
                .skip(killedAt)
                .filter(entry -> entry.handledAtMicros() - entry.latencyMicros() > caughtUp);
        return Stream.concat(before, after).toList();
    }

    private static double percentile(long[] sortedMicros, int percent) {
        return sortedMicros.length == 0 ? 0 : sortedMicros[(sortedMicros.length - 1) * percent / 100] / 1_000.0;
    }

    private static double rate(List<Journal.Entry> entries) {
        if (entries.size() < 2) {
            return 0;
        }
        long micros = entries.get(entries.size() - 1).handledAtMicros()
                - entries.get(0).handledAtMicros();
        return entries.size() * 1_000_000.0 / micros;
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
