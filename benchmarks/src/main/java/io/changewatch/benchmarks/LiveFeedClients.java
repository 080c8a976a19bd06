package io.changewatch.benchmarks;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.testkit.LocalReplicaSet;
import org.bson.Document;

/**
 * What a live feed costs: memory for each client, CPU for each event. The clients are in process and take every text at once,
 * so that the figures are the feed's own and no web server's.
 *
 * <p>Starts a replica set of its own. Arguments, both optional: the number of clients, 10,000 by default, and of events in a
 * round, 50,000. Exits with 1 if an event did not reach exactly the clients that it should.
 */
public final class LiveFeedClients {
    private static final int CLIENTS = 10_000;
    private static final int EVENTS = 50_000;

    private LiveFeedClients() {}

    /** Runs the benchmark and prints a table. */
    public static void main(String[] args) throws InterruptedException {
        int clients = argument(args, 0, CLIENTS);
        int events = argument(args, 1, EVENTS);
        boolean good;
        try (LocalReplicaSet servers = LocalReplicaSet.start();
                MongoClient client = MongoClients.create(servers.connectionString())) {
            good = run(servers, client, clients, events);
        }
        System.exit(good ? 0 : 1);
    }

    private static int argument(String[] args, int index, int otherwise) {
        int value = args.length > index ? Integer.parseInt(args[index]) : otherwise;
        if (value < 1) {
            throw new IllegalArgumentException("Clients and events must be at least 1, but one is " + value + ".");
        }
        return value;
    }

    private static boolean run(LocalReplicaSet servers, MongoClient client, int clients, int events)
            throws InterruptedException {
        Report report =
                new Report(servers.runAdmin(new Document("buildInfo", 1)).getString("version"));
        report.machine();
        report.memory(MemoryRun.of(client, clients));
        report.head();
        for (Scenario scenario : Scenario.all(clients, events)) {
            report.row(CpuRun.of(client, scenario));
        }
        return report.verdict();
    }
}
