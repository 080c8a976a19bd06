package io.changewatch.internal.deliver;

import java.util.concurrent.CompletableFuture;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Waits for the end of a publisher, whatever it emits.
 *
 * <p>Called by the publisher only.
 */
final class Completion implements Subscriber<Object> {
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    private Completion() {}

    /** Subscribes; completes when {@code publisher} does. */
    static CompletableFuture<Void> of(Publisher<?> publisher) {
        Completion completion = new Completion();
        publisher.subscribe(completion);
        return completion.end;
    }

    /** Cancels the subscription where nobody waits any more. */
    @Override
    public void onSubscribe(Subscription subscription) {
        CompletableFuture<Void> unused = end.whenComplete((value, failure) -> {
            if (end.isCancelled()) {
                subscription.cancel();
            }
        });
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Object ignored) {
        // only the end counts
    }

    @Override
    public void onError(Throwable failure) {
        end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        end.complete(null);
    }
}
