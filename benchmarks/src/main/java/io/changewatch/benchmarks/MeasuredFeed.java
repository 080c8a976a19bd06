package io.changewatch.benchmarks;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.push.ClientRequest;
import io.changewatch.push.LiveFeed;
import io.changewatch.push.Payload;
import io.changewatch.push.Transport;
import io.changewatch.testkit.Publishers;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bson.Document;

/**
 * A feed over a collection of its own, the clients of a scenario, and what they were sent.
 *
 * <p>Not thread-safe.
 */
final class MeasuredFeed implements AutoCloseable {
    private static final byte[] KEY = "the benchmark's own key".getBytes(StandardCharsets.UTF_8);

    private final Scenario scenario;
    private final MongoDatabase shop;
    private final LiveFeed<Document> feed;
    private final Orders orders;
    private final Gate gate;
    private final Deliveries deliveries = new Deliveries();
    private final List<CountingClient> clients = new ArrayList<>();

    private MeasuredFeed(Scenario scenario, MongoDatabase shop, LiveFeed<Document> feed, Gate gate) {
        this.scenario = scenario;
        this.shop = shop;
        this.feed = feed;
        this.gate = gate;
        this.orders = new Orders(shop, scenario.users());
    }

    static MeasuredFeed start(MongoClient client, Scenario scenario) {
        MongoDatabase shop = client.getDatabase("benchmark_" + System.nanoTime());
        Publishers.await(shop.createCollection("orders"));
        Gate gate = new Gate();
        LiveFeed<Document> feed = LiveFeed.over(ChangeWatcher.of(client)
                        .collection(shop.getName(), "orders")
                        .name("order-updates")
                        .listener(gate))
                .payload(Payload.fields("userId", "n"))
                .positionKey(KEY)
                .visibleToAll()
                .maxClients(Math.max(1, scenario.clients()))
                // The watcher is faster than two senders with a hundred clients each: nobody is to be too slow.
                .maxQueuedMessages(Integer.MAX_VALUE)
                .maxQueuedBytes(Long.MAX_VALUE)
                // Heartbeats have a pace of their own and nothing to do with events: none comes in between.
                .heartbeatEvery(Duration.ofHours(1))
                .deadAfter(Duration.ofHours(2))
                .start();
        return new MeasuredFeed(scenario, shop, feed, gate);
    }

    /** Attaches all clients, each a principal of its own, and returns when each was greeted. */
    void attach() {
        for (int number = 0; number < scenario.clients(); number++) {
            CountingClient client = scenario.client(number, deliveries);
            clients.add(client);
            feed.attach(request(number), client);
        }
        deliveries.awaitGreetings(clients.size());
    }

    private ClientRequest request(int number) {
        ClientRequest everything = ClientRequest.of(new User(Scenario.user(number)), Transport.WEB_SOCKET);
        return scenario.condition().apply(number).map(everything::where).orElse(everything);
    }

    /** Sends the events of one round; returns the CPU time of this process from their reading to their last delivery. */
    Duration round() throws InterruptedException {
        gate.close(scenario.events());
        try {
            orders.signal();
            gate.awaitHeld();
            orders.write(scenario.events());
            long expected = deliveries.events() + scenario.messages();
            Heap.used(); // what the writing left behind is not the feed's
            Duration before = ProcessCpu.time();
            gate.open();
            gate.awaitHandled();
            deliveries.awaitEvents(expected);
            return ProcessCpu.time().minus(before);
        } finally {
            gate.open();
        }
    }

    /** Ends the feed, which sends what is left; returns whether each client was sent exactly what it should. */
    boolean end() {
        feed.close();
        return clients.stream().allMatch(client -> client.hasAllOf(orders.written()))
                && clients.size() == scenario.clients();
    }

    @Override
    public void close() {
        feed.close();
        Publishers.await(shop.drop());
    }

    private record User(String name) implements Principal {
        @Override
        public String getName() {
            return name;
        }
    }
}
