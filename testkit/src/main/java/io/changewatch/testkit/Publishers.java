package io.changewatch.testkit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Waits for the elements of a Reactive Streams publisher, so that a test can be written line by line.
 *
 * <p>Every method subscribes, blocks the calling thread and, when its time has passed, cancels the subscription and throws
 * {@link TestServerException}. An error of the publisher is thrown as it is, with the waiting call as a suppressed exception.
 *
 * <p>Thread-safe.
 */
public final class Publishers {

    /** How long the methods without a time limit wait. */
    public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

    private Publishers() {}

    /**
     * Returns all elements once the publisher is complete, waiting at most {@link #DEFAULT_LIMIT}.
     *
     * @throws TestServerException if the publisher is not complete in time
     */
    public static <T> List<T> await(Publisher<T> publisher) {
        return await(publisher, DEFAULT_LIMIT);
    }

    /**
     * Returns all elements once the publisher is complete.
     *
     * @throws TestServerException if the publisher is not complete within {@code limit}
     */
    public static <T> List<T> await(Publisher<T> publisher, Duration limit) {
        return take(publisher, Integer.MAX_VALUE, limit);
    }

    /**
     * Returns the first element and cancels the rest, waiting at most {@link #DEFAULT_LIMIT}.
     *
     * @throws NoSuchElementException if the publisher completes without an element
     * @throws TestServerException if no element arrives in time
     */
    public static <T> T first(Publisher<T> publisher) {
        return first(publisher, DEFAULT_LIMIT);
    }

    /**
     * Returns the first element and cancels the rest.
     *
     * @throws NoSuchElementException if the publisher completes without an element
     * @throws TestServerException if no element arrives within {@code limit}
     */
    public static <T> T first(Publisher<T> publisher, Duration limit) {
        List<T> elements = take(publisher, 1, limit);
        if (elements.isEmpty()) {
            throw new NoSuchElementException("The publisher completed without an element: " + publisher);
        }
        return elements.get(0);
    }

    /**
     * Returns the first {@code count} elements, or fewer if the publisher completes before, and cancels the rest.
     *
     * @throws IllegalArgumentException if {@code count} is below 1
     * @throws TestServerException if they do not arrive within {@code limit}
     */
    public static <T> List<T> take(Publisher<T> publisher, int count, Duration limit) {
        requireNonNull(publisher, "publisher");
        requireNonNull(limit, "limit");
        if (count < 1) {
            throw new IllegalArgumentException("count must be at least 1, but is " + count);
        }
        Collector<T> collector = new Collector<>(count);
        publisher.subscribe(collector);
        return collector.await(limit);
    }

    private static final class Collector<T> implements Subscriber<T> {

        private final int count;
        private final List<T> elements = new ArrayList<>();
        private final CompletableFuture<List<T>> result = new CompletableFuture<>();
        private volatile @Nullable Subscription subscription;

        Collector(int count) {
            this.count = count;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            this.subscription = subscription;
            subscription.request(count == Integer.MAX_VALUE ? Long.MAX_VALUE : count);
        }

        @Override
        public void onNext(T element) {
            elements.add(element);
            if (elements.size() == count) {
                cancel();
                result.complete(elements);
            }
        }

        @Override
        public void onError(Throwable failure) {
            result.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            result.complete(elements);
        }

        List<T> await(Duration limit) {
            try {
                return List.copyOf(result.get(limit.toMillis(), TimeUnit.MILLISECONDS));
            } catch (TimeoutException late) {
                cancel();
                throw new TestServerException("The publisher did not answer within " + limit + ".", late);
            } catch (InterruptedException interrupted) {
                cancel();
                throw Deadline.interrupted("Interrupted while waiting for a publisher.", interrupted);
            } catch (ExecutionException failed) {
                throw unchecked(failed);
            }
        }

        private static RuntimeException unchecked(ExecutionException failed) {
            Throwable failure = requireNonNull(failed.getCause());
            failure.addSuppressed(new TestServerException("The publisher was awaited here."));
            if (failure instanceof Error error) {
                throw error;
            }
            return failure instanceof RuntimeException unchecked
                    ? unchecked
                    : new TestServerException("The publisher failed: " + failure, failure);
        }

        private void cancel() {
            Subscription toCancel = subscription;
            if (toCancel != null) {
                toCancel.cancel();
            }
        }
    }
}
