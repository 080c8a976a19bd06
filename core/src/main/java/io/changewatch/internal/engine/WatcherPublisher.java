package io.changewatch.internal.engine;

import io.changewatch.Delivery;
import io.changewatch.internal.deliver.SubscriberDeliverer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Starts a watcher for its subscriber, one at a time.
 *
 * <p>Thread-safe.
 */
public final class WatcherPublisher<T> implements Publisher<Delivery<T>> {
    private final WatcherSettings<T> settings;
    private final Supplier<SourceProvider> providers;
    private final boolean acknowledged;
    private final Surroundings surroundings;
    private final AtomicReference<@Nullable WatcherEngine<T>> current = new AtomicReference<>();

    /** A publisher whose events are finished by {@code Delivery.acknowledge()} only, if {@code acknowledged}. */
    public WatcherPublisher(
            WatcherSettings<T> settings,
            Supplier<SourceProvider> providers,
            boolean acknowledged,
            Surroundings surroundings) {
        this.settings = settings;
        this.providers = providers;
        this.acknowledged = acknowledged;
        this.surroundings = surroundings;
    }

    @Override
    public void subscribe(Subscriber<? super Delivery<T>> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        WatcherEngine<T> running = current.get();
        AtomicReference<Subscription> subscription = new AtomicReference<>(Refused.INSTANCE);
        WatcherEngine<T> engine = new WatcherEngine<>(
                settings,
                providers.get(),
                (failures, progress, stop) -> {
                    SubscriberDeliverer<T> deliverer = new SubscriberDeliverer<>(
                            subscriber,
                            acknowledged,
                            settings.checkpoints().maxUnsavedEvents(),
                            settings.handlers(),
                            failures,
                            progress,
                            stop);
                    subscription.set(deliverer);
                    return deliverer;
                },
                surroundings);
        if ((running != null && !running.state().isTerminal()) || !current.compareAndSet(running, engine)) {
            refuse(subscriber);
            return;
        }
        subscribe(subscriber, subscription.get());
        engine.launchUnlessClosed();
    }

    /** Rule 2.13: who throws here has cancelled. */
    private static <T> void subscribe(Subscriber<? super Delivery<T>> subscriber, Subscription subscription) {
        try {
            subscriber.onSubscribe(subscription);
        } catch (RuntimeException | Error e) {
            subscription.cancel();
            throw e;
        }
    }

    private void refuse(Subscriber<? super Delivery<T>> subscriber) {
        subscriber.onSubscribe(Refused.INSTANCE);
        subscriber.onError(new IllegalStateException("Watcher '" + settings.name()
                + "' has a subscriber already, and its checkpoint belongs to that one. Share the events behind one subscriber, "
                + "or build another publisher with another name(...)."));
    }

    /** The subscription of a subscriber that gets nothing but an error. */
    private enum Refused implements Subscription {
        INSTANCE;

        @Override
        public void request(long n) {
            // Nothing will come.
        }

        @Override
        public void cancel() {
            // Nothing runs.
        }
    }
}
