package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.Delivery;
import io.changewatch.event.ChangeEvent;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;

/** Posts each change to a service, up to 64 at once, without a thread for each. */
public final class Hook {
    private static final URI SERVICE = URI.create("http://localhost:8080/orders/changes");

    private Hook() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        Example.runUntilStopped(watch(Example.uri(args), HttpClient.newHttpClient()));
    }

    static ChangeWatcher watch(String uri, HttpClient http) {
        // @start region="async"
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-hook")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .concurrency(64)
                .onEventAsync(event -> http.sendAsync(request(event), BodyHandlers.discarding()))
                .start();
        // @end
    }

    /** The same for a queue whose consumers acknowledge. */
    static ChangeWatcher enqueue(String uri, BlockingQueue<Delivery<Order>> queue) {
        // @start region="deliveries"
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-queue")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .maxInFlight(1_000)
                .onDelivery(delivery -> queue.put(delivery))
                .start();
        // @end
    }

    private static HttpRequest request(ChangeEvent<Order> event) {
        return HttpRequest.newBuilder(SERVICE)
                .timeout(Duration.ofSeconds(10))
                .POST(BodyPublishers.ofString(event.toJson()))
                .build();
    }
}
