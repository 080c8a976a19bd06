package io.changewatch.internal.engine;

import io.changewatch.Delivery;
import io.changewatch.event.ChangeEvent;
import java.util.Objects;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The events of a publisher of deliveries.
 *
 * <p>Thread-safe.
 *
 * @param deliveries where they come from; must not wait for acknowledgements
 */
public record EventPublisher<T>(Publisher<Delivery<T>> deliveries) implements Publisher<ChangeEvent<T>> {

    @Override
    public void subscribe(Subscriber<? super ChangeEvent<T>> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        deliveries.subscribe(new Unwrapping<>(subscriber));
    }

    private record Unwrapping<T>(Subscriber<? super ChangeEvent<T>> subscriber) implements Subscriber<Delivery<T>> {

        @Override
        public void onSubscribe(Subscription subscription) {
            subscriber.onSubscribe(subscription);
        }

        @Override
        public void onNext(Delivery<T> delivery) {
            subscriber.onNext(delivery.event());
        }

        @Override
        public void onError(Throwable failure) {
            subscriber.onError(failure);
        }

        @Override
        public void onComplete() {
            subscriber.onComplete();
        }
    }
}
