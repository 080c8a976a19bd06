package io.changewatch.examples;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.observe.WatcherListener;
import java.util.concurrent.TimeoutException;

/** Starts with the application, and stops with it: the watcher before its client. */
public final class ApplicationLifecycle {

    private ApplicationLifecycle() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        // @start region="application"
        MongoClient client = MongoClients.create(Example.uri(args));
        OrderCounter counter = new OrderCounter(client, new PrintedNotices());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(counter, client), "stop"));
        try {
            counter.start();
        } catch (TimeoutException e) {
            System.out.println("not healthy yet: " + e.getMessage());
        }
        System.out.println("healthy: " + counter.isHealthy());
        // @end
    }

    private static void stop(OrderCounter counter, MongoClient client) {
        counter.close();
        client.close();
        System.out.println("at the end: " + counter.status());
    }

    private static final class PrintedNotices implements WatcherListener {
        @Override
        public void stateChanged(StateChanged notice) {
            System.out.println(notice.from() + " -> " + notice.to());
        }

        @Override
        public void eventHandled(EventHandled notice) {
            System.out.println("handled one " + notice.event().operationType() + " in " + notice.took());
        }
    }
}
