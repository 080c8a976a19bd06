package io.changewatch.examples.orders;

import io.changewatch.push.FeedClient;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An answer of server-sent events as a client of the feed; written without blocking, by the servlet's write listener.
 *
 * <p>Thread-safe.
 */
final class EventStreamClient implements FeedClient, WriteListener {
    private static final Logger LOG = LoggerFactory.getLogger(EventStreamClient.class);

    private final AsyncContext request;
    private final ServletOutputStream output;
    private final Runnable ended;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by the lock: one text goes through them in this order.
    private byte @Nullable [] toWrite;
    private boolean toFlush;
    private @Nullable CompletableFuture<Void> taken;
    private boolean writable; // the listener was called once
    private boolean completed;
    private volatile boolean broken;

    EventStreamClient(AsyncContext request, Runnable ended) throws IOException {
        this.request = request;
        this.output = request.getResponse().getOutputStream();
        this.ended = ended;
    }

    /** Begins to write; the listener is called as soon as that is possible. */
    void open() {
        output.setWriteListener(this);
    }

    @Override
    public CompletionStage<?> send(String text) {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        lock.lock();
        try {
            toWrite = text.getBytes(StandardCharsets.UTF_8);
            toFlush = true;
            taken = sent;
        } finally {
            lock.unlock();
        }
        goOn();
        return sent;
    }

    /** The feed has sent all it wanted to, or has given up: a client that takes nothing must not hold its connection. */
    @Override
    public void close(int code, String reason) {
        complete();
    }

    /** Whether writing has failed. */
    boolean isBroken() {
        return broken;
    }

    @Override
    public void onWritePossible() {
        lock.lock();
        try {
            writable = true;
        } finally {
            lock.unlock();
        }
        goOn();
    }

    @Override
    public void onError(Throwable failure) {
        broken = true;
        CompletableFuture<Void> waiting = takeWaiting();
        if (waiting != null) {
            waiting.completeExceptionally(failure);
        }
        complete();
        ended.run();
    }

    /** Does what can be done now; where the output is not ready, the listener is called when it is. */
    private void goOn() {
        CompletableFuture<Void> done = null;
        IOException failure = null;
        lock.lock();
        try {
            if (isWritten()) {
                done = taken;
                taken = null;
            }
        } catch (IOException e) {
            failure = e;
        } finally {
            lock.unlock();
        }
        if (failure != null) {
            onError(failure);
        } else if (done != null) {
            done.complete(null);
        }
    }

    /** Whether everything has been taken over by the container. */
    private boolean isWritten() throws IOException {
        if (!writable || completed || !output.isReady()) {
            return false;
        }
        if (toWrite != null) {
            output.write(toWrite);
            toWrite = null;
        }
        if (toFlush && output.isReady()) {
            output.flush();
            toFlush = false;
        }
        return !toFlush && output.isReady();
    }

    private void complete() {
        lock.lock();
        try {
            if (completed) {
                return;
            }
            completed = true;
        } finally {
            lock.unlock();
        }
        try {
            request.complete();
        } catch (IllegalStateException e) {
            LOG.debug("The container has completed the request already.", e);
        }
    }

    private @Nullable CompletableFuture<Void> takeWaiting() {
        lock.lock();
        try {
            CompletableFuture<Void> waiting = taken;
            taken = null;
            return waiting;
        } finally {
            lock.unlock();
        }
    }
}
