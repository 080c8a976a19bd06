package io.changewatch.resume.mongo;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Waits for the one value of a driver's publisher, or for all.
 *
 * <p>Thread-safe: the driver's thread answers, the caller's thread waits.
 */
final class Answer<T> implements Subscriber<T> {

    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicReference<@Nullable Subscription> subscription = new AtomicReference<>();
    private final List<T> values = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    private Answer() {}

    /**
     * The first value, or empty if there is none.
     *
     * @throws TimeoutException if {@code deadline}, a {@link System#nanoTime()}, passes before
     * @throws InterruptedException if this thread is interrupted before
     */
    static <T> Optional<T> of(Publisher<T> publisher, long deadline) throws InterruptedException, TimeoutException {
        return all(publisher, deadline).stream().findFirst();
    }

    /**
     * All values in their order.
     *
     * @throws TimeoutException if {@code deadline}, a {@link System#nanoTime()}, passes before
     * @throws InterruptedException if this thread is interrupted before
     */
    static <T> List<T> all(Publisher<T> publisher, long deadline) throws InterruptedException, TimeoutException {
        Answer<T> answer = new Answer<>();
        publisher.subscribe(answer);
        return answer.await(deadline);
    }

    private List<T> await(long deadline) throws InterruptedException, TimeoutException {
        boolean isDone = false;
        try {
            isDone = done.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } finally {
            if (!isDone) {
                cancel();
            }
        }
        if (!isDone) {
            throw new TimeoutException();
        }
        rethrow(failure.get());
        return values;
    }

    private void cancel() {
        Subscription active = subscription.get();
        if (active != null) {
            active.cancel();
        }
    }

    private static void rethrow(@Nullable Throwable failure) {
        if (failure instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void onSubscribe(Subscription active) {
        subscription.set(active);
        active.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T next) {
        values.add(next);
    }

    @Override
    public void onError(Throwable error) {
        failure.set(error);
        done.countDown();
    }

    @Override
    public void onComplete() {
        done.countDown();
    }
}
