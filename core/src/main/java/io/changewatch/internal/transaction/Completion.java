package io.changewatch.internal.transaction;

import io.changewatch.ChangeWatchException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Waits until a publisher is complete.
 *
 * <p>Thread-safe: the driver's thread answers, the caller's thread waits.
 */
final class Completion<R> implements Subscriber<R> {
    private final List<R> elements = new CopyOnWriteArrayList<>();
    private final CompletableFuture<List<R>> done = new CompletableFuture<>();
    private final AtomicReference<@Nullable Subscription> subscription = new AtomicReference<>();

    private Completion() {}

    /**
     * Returns the elements.
     *
     * @throws TimeoutException if it is not complete within {@code limit}
     * @throws InterruptedException if this thread is interrupted before
     */
    static <R> List<R> of(Publisher<R> publisher, Duration limit) throws InterruptedException, TimeoutException {
        Completion<R> completion = new Completion<>();
        publisher.subscribe(completion);
        try {
            return completion.done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        } finally {
            completion.cancelUnlessDone();
        }
    }

    private static RuntimeException unchecked(@Nullable Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException exception
                ? exception
                : new ChangeWatchException("An operation failed in the driver: " + failure, failure);
    }

    private void cancelUnlessDone() {
        Subscription active = subscription.get();
        if (active != null && !done.isDone()) {
            active.cancel();
        }
    }

    @Override
    public void onSubscribe(Subscription active) {
        subscription.set(active);
        active.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(R element) {
        elements.add(element);
    }

    @Override
    public void onError(Throwable failure) {
        done.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        done.complete(elements);
    }
}
