package io.changewatch.internal.deliver;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.deliver.DeliverySetup.event;
import static io.changewatch.internal.deliver.DeliverySetup.time;
import static io.changewatch.internal.deliver.DeliverySetup.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.Delivery;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.observe.WatcherListener.EventSkipped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

final class SubscriberDelivererTest {
    private static final int MAX_OPEN = 3;

    private final DeliverySetup setup = new DeliverySetup();
    private final Recorder subscriber = new Recorder();
    private final AtomicInteger stops = new AtomicInteger();
    private final List<Thread> delivering = new ArrayList<>();

    @AfterEach
    void leavesNothingBehind() throws InterruptedException {
        for (Thread thread : delivering) {
            thread.interrupt();
            thread.join();
        }
    }

    @Nested
    class Demand {
        private final SubscriberDeliverer<Integer> deliverer = deliverer(false);

        @Test
        void handsOutNothingBeforeItIsAskedFor() throws InterruptedException {
            Thread delivery = deliverInBackground(deliverer, 1);
            awaitBlocked(delivery);
            assertThat(subscriber.received).isEmpty();

            deliverer.request(1);
            delivery.join();
            assertThat(subscriber.times()).containsExactly(1);
        }

        @Test
        void handsOutAsMuchAsIsAskedFor() throws InterruptedException {
            deliverer.request(2);
            deliverer.deliver(event(1));
            deliverer.deliver(event(2));
            Thread delivery = deliverInBackground(deliverer, 3);
            awaitBlocked(delivery);

            assertThat(subscriber.times()).containsExactly(1, 2);
        }

        @Test
        void addsUpWithoutOverflow() throws InterruptedException {
            deliverer.request(Long.MAX_VALUE - 1);
            deliverer.request(5);
            for (int i = 1; i <= 10; i++) {
                deliverer.deliver(event(i));
            }

            assertThat(subscriber.received).hasSize(10);
        }
    }

    @Nested
    class WithoutAcknowledgement {
        private final SubscriberDeliverer<Integer> deliverer = deliverer(false);

        @Test
        void aRequestFinishesAsManyOfTheOldest() throws InterruptedException {
            deliverer.request(3);
            deliver(1, 2, 3);
            assertThat(setup.handled).isEmpty();

            deliverer.request(2);
            assertThat(setup.handled).last().isEqualTo(2);
        }

        @Test
        void anUnboundedRequestFinishesEachWhenOnNextReturns() throws InterruptedException {
            deliverer.request(Long.MAX_VALUE);
            subscriber.whenReceived = delivery -> assertThat(setup.handled)
                    .hasSize(delivery.event().clusterTime().getTime() - 1);
            deliver(1, 2, 3);

            assertThat(setup.handled).containsExactly(1, 2, 3);
        }

        @Test
        void aPositionWaitsForTheEventsBeforeIt() throws InterruptedException {
            deliverer.request(1);
            deliver(1);
            deliverer.passed(token(9), time(9));
            assertThat(setup.handled).isEmpty();

            deliverer.request(1);
            assertThat(setup.handled).containsExactly(9);
        }

        @Test
        void handsOutAllThatIsAskedForWhateverTheBound() throws InterruptedException {
            deliverer.request(MAX_OPEN + 2);
            for (int time = 1; time <= MAX_OPEN + 2; time++) {
                deliverInBackground(deliverer, time).join(5_000);
            }

            assertThat(subscriber.received).hasSize(MAX_OPEN + 2);
        }

        private void deliver(int... times) throws InterruptedException {
            for (int time : times) {
                deliverer.deliver(event(time));
            }
        }
    }

    @Nested
    class WithAcknowledgement {
        private final SubscriberDeliverer<Integer> deliverer = deliverer(true);

        @Test
        void anEventIsFinishedWhenItAndAllBeforeItAreAcknowledged() throws InterruptedException {
            deliverer.request(Long.MAX_VALUE);
            deliverer.deliver(event(1));
            deliverer.deliver(event(2));

            subscriber.received.get(1).acknowledge();
            assertThat(setup.handled).isEmpty();
            subscriber.received.get(0).acknowledge();
            subscriber.received.get(0).acknowledge();
            assertThat(setup.handled).last().isEqualTo(2);
        }

        @Test
        void aRequestFinishesNothing() throws InterruptedException {
            deliverer.request(1);
            deliverer.deliver(event(1));
            deliverer.request(10);

            assertThat(setup.handled).isEmpty();
        }

        @Test
        void handsOutNoMoreThanTheBoundWhateverTheDemand() throws InterruptedException {
            deliverer.request(Long.MAX_VALUE);
            for (int i = 1; i <= MAX_OPEN; i++) {
                deliverer.deliver(event(i));
            }
            Thread delivery = deliverInBackground(deliverer, MAX_OPEN + 1);
            awaitBlocked(delivery);
            assertThat(subscriber.received).hasSize(MAX_OPEN);

            subscriber.received.get(0).acknowledge();
            delivery.join();
            assertThat(subscriber.received).hasSize(MAX_OPEN + 1);
        }
    }

    @Nested
    class Failing {
        private final IllegalStateException broken = new IllegalStateException("broken");

        @Test
        void aFailedDeliveryEndsThePublisherAndIsNotPassed() throws InterruptedException {
            SubscriberDeliverer<Integer> deliverer = deliverer(true);
            deliverer.request(Long.MAX_VALUE);
            deliverer.deliver(event(1));
            subscriber.received.get(0).fail(broken);
            subscriber.received.get(0).acknowledge();

            assertThat(setup.handled).isEmpty();
            assertThatThrownBy(() -> deliverer.deliver(event(2))).isInstanceOf(DeliveryStoppedException.class);
            assertThatThrownBy(() -> deliverer.drain(Duration.ZERO))
                    .isInstanceOf(HandlerFailedException.class)
                    .hasCause(broken);
        }

        @Test
        void aFailedDeliveryIsSkippedWhereThePolicySkips() throws InterruptedException {
            SubscriberDeliverer<Integer> deliverer = deliverer(true, HandlerFailurePolicy.skip());
            deliverer.request(Long.MAX_VALUE);
            deliverer.deliver(event(1));
            subscriber.received.get(0).fail(broken);

            assertThat(setup.handled).containsExactly(1);
            assertThat(setup.notices).singleElement().isInstanceOf(EventSkipped.class);
            deliverer.drain(Duration.ZERO);
        }

        @Test
        void anErrorIsTheFailureWhateverThePolicy() throws InterruptedException {
            AssertionError error = new AssertionError("a bug");
            SubscriberDeliverer<Integer> deliverer = deliverer(true, HandlerFailurePolicy.skip());
            deliverer.request(Long.MAX_VALUE);
            deliverer.deliver(event(1));
            subscriber.received.get(0).fail(error);

            assertThatThrownBy(() -> deliverer.drain(Duration.ZERO)).isSameAs(error);
        }

        @Test
        void whatIsNoExceptionIsTheFailureWhateverThePolicy() throws InterruptedException {
            Throwable odd = new Throwable("odd");
            SubscriberDeliverer<Integer> deliverer = deliverer(true, HandlerFailurePolicy.skip());
            deliverer.request(Long.MAX_VALUE);
            deliverer.deliver(event(1));
            subscriber.received.get(0).fail(odd);

            assertThatThrownBy(() -> deliverer.drain(Duration.ZERO)).isSameAs(odd);
        }

        @Test
        void afterAnAcknowledgementAFailureDoesNothing() throws InterruptedException {
            SubscriberDeliverer<Integer> deliverer = deliverer(true);
            deliverer.request(Long.MAX_VALUE);
            deliverer.deliver(event(1));
            subscriber.received.get(0).acknowledge();
            subscriber.received.get(0).fail(broken);

            deliverer.drain(Duration.ZERO);
            assertThat(setup.handled).containsExactly(1);
        }
    }

    @Nested
    class Ending {
        private final SubscriberDeliverer<Integer> deliverer = deliverer(false);

        @Test
        void completes() {
            deliverer.ended(Optional.empty());

            assertThat(subscriber.completed).isEqualTo(1);
        }

        @Test
        void passesTheFailureOn() {
            IllegalStateException failure = new IllegalStateException("broken");
            deliverer.ended(Optional.of(failure));

            assertThat(subscriber.failure).isSameAs(failure);
            assertThat(subscriber.completed).isZero();
        }

        @Test
        void happensOnce() {
            deliverer.ended(Optional.empty());
            deliverer.ended(Optional.empty());

            assertThat(subscriber.completed).isEqualTo(1);
        }

        @Test
        void stopEndsAWaitForDemand() throws InterruptedException {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread delivery = deliverInBackground(deliverer, 1, thrown);
            awaitBlocked(delivery);
            deliverer.stop();
            delivery.join();

            assertThat(thrown.get()).isInstanceOf(DeliveryStoppedException.class);
            assertThat(setup.handled).isEmpty();
        }

        @Test
        void anIllegalRequestIsTheSubscribersError() {
            deliverer.request(0);
            assertThat(stops).hasValue(1);
            deliverer.ended(Optional.empty());

            assertThat(subscriber.failure)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "request(0): a subscriber must ask for at least one event (Reactive Streams rule 3.9).");
        }

        @Test
        void cancellingStopsTheWatcherAndTellsNothing() {
            deliverer.cancel();
            deliverer.cancel();
            deliverer.ended(Optional.empty());

            assertThat(stops.get()).isPositive();
            assertThat(subscriber.completed).isZero();
            assertThat(subscriber.failure).isNull();
        }

        @Test
        void nothingIsHandedOutAfterACancel() {
            deliverer.request(5);
            deliverer.cancel();

            assertThatThrownBy(() -> deliverer.deliver(event(1))).isInstanceOf(DeliveryStoppedException.class);
            assertThat(subscriber.received).isEmpty();
        }

        @Test
        void aRequestAfterACancelFinishesNothing() throws InterruptedException {
            deliverer.request(1);
            deliverer.deliver(event(1));
            deliverer.cancel();
            deliverer.request(1);
            deliverer.request(0);

            assertThat(setup.handled).isEmpty();
            assertThat(stops).hasValue(1);
        }

        @Test
        void aSubscriberThatThrowsAnErrorIsNotCalledAgain() {
            deliverer.request(5);
            AssertionError error = new AssertionError("a bug");
            subscriber.whenReceived = delivery -> {
                throw error;
            };

            assertThatThrownBy(() -> deliverer.deliver(event(1))).isSameAs(error);
            deliverer.ended(Optional.of(error));
            assertThat(subscriber.failure).isNull();
        }

        @Test
        void aSubscriberThatThrowsEndsTheWatcherAndIsNotCalledAgain() {
            deliverer.request(5);
            IllegalStateException broken = new IllegalStateException("broken");
            subscriber.whenReceived = delivery -> {
                throw broken;
            };

            assertThatThrownBy(() -> deliverer.deliver(event(1)))
                    .isInstanceOf(HandlerFailedException.class)
                    .hasMessage(
                            "The subscriber's onNext threw java.lang.IllegalStateException: broken, which Reactive Streams "
                                    + "rule 2.13 forbids. The event is not checkpointed and comes again at the next subscription. Handle "
                                    + "errors inside the subscriber.")
                    .hasCause(broken);
            deliverer.ended(Optional.of(broken));
            assertThat(subscriber.failure).isNull();
            assertThat(setup.handled).isEmpty();
        }
    }

    @Test
    void aSkippedDocumentIsPassedWithoutDemand() throws InterruptedException {
        SubscriberDeliverer<Integer> deliverer = new SubscriberDeliverer<>(
                subscriber,
                false,
                MAX_OPEN,
                new Handlers<>(
                        List.of(document -> {
                            throw new IllegalStateException("invalid");
                        }),
                        List.of()),
                setup.failures(HandlerFailurePolicy.skip()),
                setup.progress(),
                stops::incrementAndGet);
        deliverer.deliver(event(1));

        assertThat(subscriber.received).isEmpty();
        assertThat(setup.handled).containsExactly(1);
    }

    private SubscriberDeliverer<Integer> deliverer(boolean acknowledged) {
        return deliverer(acknowledged, HandlerFailurePolicy.stop());
    }

    private SubscriberDeliverer<Integer> deliverer(boolean acknowledged, HandlerFailurePolicy policy) {
        return new SubscriberDeliverer<>(
                subscriber,
                acknowledged,
                MAX_OPEN,
                new Handlers<>(List.of(), List.of()),
                setup.failures(policy),
                setup.progress(),
                stops::incrementAndGet);
    }

    private Thread deliverInBackground(SubscriberDeliverer<Integer> deliverer, int time) {
        return deliverInBackground(deliverer, time, new AtomicReference<>());
    }

    private Thread deliverInBackground(
            SubscriberDeliverer<Integer> deliverer, int time, AtomicReference<Throwable> thrown) {
        Thread thread = new Thread(() -> {
            try {
                deliverer.deliver(event(time));
            } catch (RuntimeException | InterruptedException e) {
                thrown.set(e);
            }
        });
        delivering.add(thread);
        thread.start();
        return thread;
    }

    private static void awaitBlocked(Thread thread) {
        eventually(() -> thread.getState() == Thread.State.WAITING);
    }

    private static final class Recorder implements Subscriber<Delivery<Integer>> {
        private final List<Delivery<Integer>> received = new CopyOnWriteArrayList<>();
        private Consumer<Delivery<Integer>> whenReceived = delivery -> {};
        private volatile Throwable failure;
        private int completed;

        private List<Integer> times() {
            return received.stream()
                    .map(delivery -> DeliverySetup.timeOf(delivery.event()))
                    .toList();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            throw new AssertionError("The publisher's task.");
        }

        @Override
        public void onNext(Delivery<Integer> delivery) {
            received.add(delivery);
            whenReceived.accept(delivery);
        }

        @Override
        public void onError(Throwable error) {
            failure = error;
        }

        @Override
        public void onComplete() {
            completed++;
        }
    }
}
