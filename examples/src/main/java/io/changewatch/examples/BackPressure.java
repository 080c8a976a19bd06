package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.Delivery;
import io.changewatch.event.Insert;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Bills orders on several threads, ten at a time. The server is asked for more only as fast as they are billed, and the
 * checkpoint follows what is billed, in whichever order that ends.
 */
public final class BackPressure {

    private BackPressure() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        ExecutorService workers = Executors.newFixedThreadPool(4);
        CountDownLatch ended = new CountDownLatch(1);
        // @start region="publisher"
        Publisher<Delivery<Order>> deliveries = ChangeWatcher.connect(Example.uri(args))
                .collection("shop", "orders", Order.class)
                .name("billing")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .listener(new CountDownAtTheEnd(ended))
                .deliveries();
        Billing billing = new Billing(workers);
        deliveries.subscribe(billing);
        // @end
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(billing, ended), "stop"));
        ended.await();
        workers.shutdown();
    }

    /** Cancelling returns at once; the last position is saved when the watcher says that it has ended. */
    private static void stop(Billing billing, CountDownLatch ended) {
        billing.cancel();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record CountDownAtTheEnd(CountDownLatch ended) implements WatcherListener {
        @Override
        public void stateChanged(StateChanged notice) {
            if (notice.to().isTerminal()) {
                ended.countDown();
            }
        }
    }

    // @start region="subscriber"
    /** At most ten orders are being billed at any time; each makes room for the next. */
    static final class Billing implements Subscriber<Delivery<Order>> {
        private static final int AT_ONCE = 10;

        private final ExecutorService workers;
        private final AtomicInteger inFlight = new AtomicInteger();

        @SuppressWarnings("NullAway.Init") // set by onSubscribe, which comes first: Reactive Streams rule 1.9
        private volatile Subscription subscription;

        Billing(ExecutorService workers) {
            this.workers = workers;
        }

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            given.request(AT_ONCE);
        }

        @Override
        public void onNext(Delivery<Order> delivery) {
            int billing = inFlight.incrementAndGet();
            workers.execute(() -> bill(delivery, billing));
        }

        private void bill(Delivery<Order> delivery, int billing) {
            inFlight.decrementAndGet();
            delivery.acknowledge();
            if (delivery.event() instanceof Insert<Order> insert) {
                System.out.println("billed " + insert.document().id() + ", " + billing + " in flight");
            }
            subscription.request(1);
        }

        @Override
        public void onError(Throwable failure) {
            System.out.println("failed: " + failure.getMessage());
        }

        @Override
        public void onComplete() {
            System.out.println("complete");
        }

        void cancel() {
            subscription.cancel();
        }
    }
    // @end
}
