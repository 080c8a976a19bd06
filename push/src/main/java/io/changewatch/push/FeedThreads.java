package io.changewatch.push;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of a feed: those that send, and one that beats. Daemons; the watcher's own thread keeps a program going.
 *
 * <p>Thread-safe.
 */
final class FeedThreads implements Executor {
    private final ExecutorService senders;
    private final ScheduledExecutorService heartbeats;

    FeedThreads(String feed, int senders) {
        this.senders = Executors.newFixedThreadPool(senders, named("changewatch-" + feed + "-send-"));
        this.heartbeats = Executors.newSingleThreadScheduledExecutor(named("changewatch-" + feed + "-heartbeat-"));
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return work -> {
            Thread thread = new Thread(work, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Runs it on a sender's thread. */
    @Override
    public void execute(Runnable work) {
        senders.execute(work);
    }

    /** Runs it again and again, until it throws. */
    void repeat(Duration interval, Runnable work) {
        long nanos = interval.toNanos();
        Future<?> unused = heartbeats.scheduleAtFixedRate(work, nanos, nanos, TimeUnit.NANOSECONDS);
    }

    /** Takes no more work. */
    void stop() {
        heartbeats.shutdownNow();
        senders.shutdown();
    }

    /** Waits for the work in hand; returns whether it has ended. */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        return senders.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS);
    }
}
