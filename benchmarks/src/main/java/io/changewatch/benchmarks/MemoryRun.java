package io.changewatch.benchmarks;

import com.mongodb.reactivestreams.client.MongoClient;

/**
 * What clients take of the heap: connection, queue, request with principal and condition, place in the index, and the
 * benchmark's own counter. A web server's buffers come on top.
 *
 * @param clients how many were attached
 * @param idle bytes for each that was greeted and sent nothing yet
 * @param good whether each was sent what it should
 */
record MemoryRun(int clients, double idle, boolean good) {
    private static final int WARM_UP = 100;

    static MemoryRun of(MongoClient client, int clients) throws InterruptedException {
        measure(client, WARM_UP);
        return measure(client, clients);
    }

    /** One event for each client afterwards shows that they were there. */
    private static MemoryRun measure(MongoClient client, int clients) throws InterruptedException {
        try (MeasuredFeed feed = MeasuredFeed.start(client, Scenario.ownUser(clients, clients))) {
            long without = Heap.used();
            feed.attach();
            long with = Heap.used();
            feed.round();
            return new MemoryRun(clients, (double) (with - without) / clients, feed.end());
        }
    }
}
