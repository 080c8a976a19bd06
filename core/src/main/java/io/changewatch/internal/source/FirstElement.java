package io.changewatch.internal.source;

import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The first element of a publisher as a future. The driver's commands cannot be cancelled, so the future is all there is.
 *
 * <p>Called on the driver's threads.
 */
final class FirstElement<T> implements Subscriber<T> {

    /** Subscribes to what {@code command} gives; what it throws meanwhile is the future's failure, too. */
    static <T> CompletableFuture<T> of(Supplier<Publisher<T>> command) {
        FirstElement<T> subscriber = new FirstElement<>();
        try {
            command.get().subscribe(subscriber);
        } catch (RuntimeException refused) {
            subscriber.onError(refused);
        }
        return subscriber.future;
    }

    private final CompletableFuture<T> future = new CompletableFuture<>();

    private FirstElement() {}

    @Override
    public void onSubscribe(Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T element) {
        future.complete(element);
    }

    @Override
    public void onError(Throwable failure) {
        future.completeExceptionally(named(failure));
    }

    /** Of all that the driver throws, only the use of a closed client is an IllegalStateException. */
    static Throwable named(Throwable failure) {
        return failure instanceof IllegalStateException closed ? new ClientClosedException(closed) : failure;
    }

    @Override
    public void onComplete() {
        future.completeExceptionally(new NoSuchElementException("The driver ended a command without a reply."));
    }
}
