package io.changewatch.push;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends to one client, one text after the other: the next when the one before has been taken.
 *
 * <p>It is in the executor, or waits for a send, exactly while {@code awake}; what is queued after it has looked and before it
 * rests is seen by {@link Source#hasMore}. Thread-safe.
 */
final class Sender implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);
    private static final int BURST = 32;

    private final String feed;
    private final FeedClient client;
    private final Executor executor;
    private final Source source;
    private final AtomicBoolean awake = new AtomicBoolean();

    Sender(String feed, FeedClient client, Executor executor, Source source) {
        this.feed = feed;
        this.client = client;
        this.executor = executor;
        this.source = source;
    }

    /** What is sent, and who is told of it. Called by one thread at a time, never two at once, but {@link #hasMore}. */
    interface Source {
        /** The next message; null if there is none for now. */
        @Nullable
        Message next();

        /** Whether {@link #next} should be asked again. */
        boolean hasMore();

        /** A message was taken, or was not; returns whether there may be another. */
        boolean sent(Message message, @Nullable Throwable failure);

        /** The source itself failed, or nothing can be sent any more. */
        void broken(Throwable failure);
    }

    /** There may be something to send. */
    void wake() {
        if (awake.compareAndSet(false, true)) {
            schedule();
        }
    }

    private void schedule() {
        try {
            executor.execute(this);
        } catch (RejectedExecutionException e) { // the feed has ended
            source.broken(e);
        }
    }

    @Override
    public void run() {
        try {
            sendSome();
        } catch (RuntimeException | Error e) { // or the client would wait for ever
            source.broken(e);
        }
    }

    private void sendSome() {
        for (int sent = 0; sent < BURST; sent++) {
            Message next = source.next();
            if (next == null) {
                rest();
                return;
            }
            CompletableFuture<?> sending = send(next);
            if (!sending.isDone()) {
                CompletableFuture<?> unused = sending.whenComplete((done, failure) -> goOn(next, failure));
                return;
            }
            if (!source.sent(next, failureOf(sending))) {
                return;
            }
        }
        schedule(); // others want their turn
    }

    private void rest() {
        awake.set(false);
        if (source.hasMore()) {
            wake();
        }
    }

    private void goOn(Message message, @Nullable Throwable failure) {
        try {
            if (source.sent(message, failure)) {
                schedule();
            }
        } catch (RuntimeException | Error e) { // nobody looks at what this future becomes
            source.broken(e);
        }
    }

    private CompletableFuture<?> send(Message message) {
        try {
            return client.send(message.text()).toCompletableFuture();
        } catch (RuntimeException | Error e) { // the adapter's; it ends this client only
            LOG.warn("[{}] A client's send(..) threw, or returned null; its connection ends.", feed, e);
            return CompletableFuture.failedFuture(e);
        }
    }

    private static @Nullable Throwable failureOf(CompletableFuture<?> ended) {
        return ended.handle((done, failure) -> failure).join();
    }
}
