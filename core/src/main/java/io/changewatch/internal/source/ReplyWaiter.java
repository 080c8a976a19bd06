package io.changewatch.internal.source;

import io.changewatch.ChangeWatchException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for replies of the server, one at a time, until another thread closes it.
 *
 * <p>Thread-safe: one thread waits, any may close.
 */
final class ReplyWaiter {
    private static final long SLICE_MILLIS = 250;

    private volatile @Nullable CompletableFuture<?> awaited;
    private @Nullable CompletableFuture<?> original; // of the waiting thread
    private volatile boolean closed;

    boolean isClosed() {
        return closed;
    }

    /** Whoever waits gets a {@link CursorClosedException}, now and from now on. */
    void close() {
        closed = true;
        CompletableFuture<?> present = awaited;
        if (present != null) {
            present.completeExceptionally(new CursorClosedException());
        }
    }

    <T> T await(CompletableFuture<T> reply, Duration limit) throws InterruptedException, TimeoutException {
        return await(reply, limit, () -> true);
    }

    /**
     * Waits for {@code reply} and throws what it failed with.
     *
     * <p>The time is spent in slices, and a slice lasts as long as it should even if the process was stopped during it: a
     * reply that waits in the socket's buffer must be found there before the server is called silent.
     *
     * @param counts whether the time that passes now counts
     * @throws TimeoutException if it does not arrive within {@code limit}
     */
    <T> T await(CompletableFuture<T> reply, Duration limit, BooleanSupplier counts)
            throws InterruptedException, TimeoutException {
        CompletableFuture<T> waiting = copyOf(reply);
        throwIfClosed();
        long left = limit.toMillis();
        while (true) {
            long slice = Math.min(left, SLICE_MILLIS);
            try {
                return awaitSlice(waiting, slice);
            } catch (TimeoutException silent) {
                left -= counts.getAsBoolean() ? slice : 0;
                if (left <= 0) {
                    throw silent;
                }
            }
        }
    }

    /** One for a reply, however often it is waited for: a future keeps all of its copies until it is completed. */
    @SuppressWarnings("unchecked") // a copy of what is waited for
    private <T> CompletableFuture<T> copyOf(CompletableFuture<T> reply) {
        CompletableFuture<?> present = awaited;
        if (present != null && original == reply) {
            return (CompletableFuture<T>) present;
        }
        CompletableFuture<T> copy = reply.copy();
        original = reply;
        awaited = copy;
        return copy;
    }

    private void throwIfClosed() {
        if (closed) {
            throw new CursorClosedException();
        }
    }

    private static <T> T awaitSlice(CompletableFuture<T> waiting, long millis)
            throws InterruptedException, TimeoutException {
        try {
            return waiting.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw unchecked(failed.getCause());
        }
    }

    /** What the driver failed with, as something that can be thrown; an {@code Error} is thrown here. */
    static RuntimeException unchecked(@Nullable Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException unchecked
                ? unchecked
                : new ChangeWatchException("A command failed in the driver: " + failure, failure);
    }
}
