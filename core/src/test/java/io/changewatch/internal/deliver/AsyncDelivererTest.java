package io.changewatch.internal.deliver;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.deliver.DeliverySetup.LONG;
import static io.changewatch.internal.deliver.DeliverySetup.TWICE;
import static io.changewatch.internal.deliver.DeliverySetup.deliver;
import static io.changewatch.internal.deliver.DeliverySetup.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.AsyncEventHandler;
import io.changewatch.Delivery;
import io.changewatch.DeliveryHandler;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HandlerTimeoutException;
import io.changewatch.ReactiveEventHandler;
import io.changewatch.event.ChangeEvent;
import io.changewatch.internal.deliver.KeyedDeliverer.Limits;
import io.changewatch.internal.deliver.KeyedDeliverer.Means;
import io.changewatch.internal.deliver.KeyedDeliverer.Work;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.HandlerRetried;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** Events are numbers; their key is the last digit. A stage completes when the test says so. */
@Timeout(60)
final class AsyncDelivererTest {

    private final DeliverySetup setup = new DeliverySetup();
    private final ManualTime time = setup.time;
    private final List<Integer> begun = new CopyOnWriteArrayList<>();
    private final Map<Integer, CompletableFuture<String>> stages = new ConcurrentHashMap<>();
    private final IllegalStateException broken = new IllegalStateException("broken");
    private HandlerFailurePolicy policy = HandlerFailurePolicy.stop();
    private HandlerLimits handlerLimits = HandlerLimits.NONE;

    @AfterEach
    void leavesNoThread() throws InterruptedException {
        setup.endThreads();
    }

    private KeyedDeliverer<Integer> deliverer(int concurrency, AsyncEventHandler<ChangeEvent<Integer>> handler) {
        return deliverer(concurrency, Handling.async(new Handlers<>(List.of(), List.of()), handler));
    }

    private KeyedDeliverer<Integer> deliverer(int concurrency) {
        return deliverer(concurrency, this::begin);
    }

    private KeyedDeliverer<Integer> deliverer(int concurrency, Handling<Integer> handling) {
        return new KeyedDeliverer<>(
                new Work<>(
                        handling,
                        event -> DeliverySetup.timeOf(event) % 10,
                        new Limits(concurrency, 1_000, 1_000_000),
                        handlerLimits),
                setup.failures(policy),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), this::thread));
    }

    private Thread thread(int number, Runnable work) {
        return setup.thread("worker-" + number, work);
    }

    private CompletionStage<String> begin(ChangeEvent<Integer> event) {
        CompletableFuture<String> stage = new CompletableFuture<>();
        stages.put(DeliverySetup.timeOf(event), stage);
        begun.add(DeliverySetup.timeOf(event));
        return stage;
    }

    private void complete(int number) {
        stages.get(number).complete("a value");
    }

    @Test
    void oneThreadBeginsAsManyAsMayBeInFlight() throws InterruptedException {
        KeyedDeliverer<Integer> deliverer = deliverer(3);
        deliver(deliverer, 11, 21, 12, 13, 14);
        eventually(() -> begun.size() == 3);
        assertThat(begun).containsExactly(11, 12, 13);
        assertThat(setup.threads()).hasSize(1);

        complete(13);
        eventually(() -> begun.contains(14));
        assertThat(setup.handled).isEmpty();
        complete(11);
        eventually(() -> begun.contains(21));
        assertThat(setup.last()).isEqualTo(11);
        List.of(12, 14, 21).forEach(this::complete);
        deliverer.drain(LONG);
        assertThat(setup.last()).isEqualTo(14);
        assertThat(setup.told).containsExactlyInAnyOrder(11, 21, 12, 13, 14);
    }

    @Test
    void aStageThatIsCompletedAlreadyNeedsNoOtherThread() throws InterruptedException {
        KeyedDeliverer<Integer> deliverer = deliverer(1, event -> CompletableFuture.completedFuture(null));
        deliver(deliverer, IntStream.range(1, 5_000).toArray());
        deliverer.drain(LONG);

        assertThat(setup.last()).isEqualTo(4_999);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void keepsTheOrderOfEachKeyWhateverTheStagesTake(long seed) throws InterruptedException {
        Random random = new Random(seed);
        List<Runnable> open = Collections.synchronizedList(new ArrayList<>());
        Map<Integer, List<Integer>> order = new ConcurrentHashMap<>();
        KeyedDeliverer<Integer> deliverer = deliverer(1 + random.nextInt(20), event -> {
            int number = DeliverySetup.timeOf(event);
            CompletableFuture<Void> stage = new CompletableFuture<>();
            open.add(() -> {
                order.computeIfAbsent(number % 10, key -> new CopyOnWriteArrayList<>())
                        .add(number);
                stage.complete(null);
            });
            return stage;
        });
        int count = 900;
        Thread completing = thread(0, () -> {
            while (setup.last() < count) {
                synchronized (open) {
                    if (!open.isEmpty()) {
                        open.remove(random.nextInt(open.size())).run();
                    }
                }
            }
        });
        completing.start();
        deliver(deliverer, IntStream.rangeClosed(1, count).toArray());
        deliverer.drain(LONG);

        assertThat(setup.last()).isEqualTo(count);
        order.forEach((key, numbers) ->
                assertThat(numbers).as("key %d", key).isSorted().hasSize(count / 10));
    }

    @Test
    void aFailedStageIsTriedAgainByThePolicy() throws InterruptedException {
        policy = TWICE;
        KeyedDeliverer<Integer> deliverer = deliverer(2);
        deliver(deliverer, 11, 21);
        eventually(() -> begun.contains(11));
        stages.get(11).completeExceptionally(new CompletionException(broken));
        eventually(() -> !setup.notices.isEmpty());
        assertThat(setup.notices)
                .singleElement()
                .isInstanceOfSatisfying(
                        HandlerRetried.class,
                        notice -> assertThat(notice.cause()).isSameAs(broken));

        eventually(time::isAwaited);
        time.advance(Duration.ofMillis(10));
        eventually(() -> begun.size() == 2);
        complete(11);
        eventually(() -> begun.contains(21));
        assertThat(begun).containsExactly(11, 11, 21);
        complete(21);
        deliverer.drain(LONG);
        assertThat(setup.last()).isEqualTo(21);
    }

    @Test
    void aFailureEndsTheWatcherAndNothingBehindItIsReported() throws InterruptedException {
        KeyedDeliverer<Integer> deliverer = deliverer(3);
        deliver(deliverer, 11, 12, 13);
        eventually(() -> begun.size() == 3);
        complete(13);
        stages.get(12).completeExceptionally(broken);
        eventually(() -> !setup.failures.isEmpty());
        complete(11);

        assertThatThrownBy(() -> deliverer.drain(LONG))
                .isInstanceOf(HandlerFailedException.class)
                .hasCause(broken);
        assertThat(setup.last()).isEqualTo(11);
    }

    @Test
    void anErrorIsTheFailure() throws InterruptedException {
        policy = HandlerFailurePolicy.skip();
        AssertionError error = new AssertionError("a bug");
        KeyedDeliverer<Integer> deliverer = deliverer(1, event -> CompletableFuture.failedFuture(error));
        deliver(deliverer, 11);
        eventually(() -> setup.failures.contains(error));

        assertThatThrownBy(() -> deliverer.drain(LONG)).isSameAs(error);
    }

    @Test
    void whatIsNoExceptionIsAFailureOfTheHandler() throws InterruptedException {
        Throwable odd = new Throwable("odd");
        KeyedDeliverer<Integer> deliverer = deliverer(1, event -> CompletableFuture.failedFuture(odd));
        deliver(deliverer, 11);
        eventually(() -> !setup.failures.isEmpty());

        assertThatThrownBy(() -> deliverer.drain(LONG))
                .isInstanceOf(HandlerFailedException.class)
                .hasRootCause(odd);
    }

    @Test
    @SuppressWarnings("NullAway") // the mistake itself
    void aStageOfNullIsAFailure() throws InterruptedException {
        policy = HandlerFailurePolicy.skip();
        KeyedDeliverer<Integer> deliverer = deliverer(1, event -> null);
        deliver(deliverer, 11);
        deliverer.drain(LONG);

        assertThat(setup.notices)
                .singleElement()
                .isInstanceOfSatisfying(
                        EventSkipped.class,
                        notice -> assertThat(notice.cause())
                                .hasMessage(
                                        "The handler returned null instead of a CompletionStage: return one that is completed where "
                                                + "there is nothing to do."));
        assertThat(setup.last()).isEqualTo(11);
    }

    @Test
    void aStageThatNeverEndsIsLeftAtTheDeadlineAndItsLateEndDoesNothing() throws InterruptedException {
        KeyedDeliverer<Integer> deliverer = deliverer(2);
        deliver(deliverer, 11, 12);
        eventually(() -> begun.size() == 2);
        complete(11);
        deliverer.stop();
        Thread closing = thread(0, () -> deliverer.drain(Duration.ofSeconds(1)));
        closing.start();
        eventually(time::isAwaited);
        time.advance(Duration.ofSeconds(1));
        closing.join();
        assertThat(setup.last()).isEqualTo(11);

        complete(12);
        assertThat(setup.last()).isEqualTo(11);
        assertThat(setup.told).containsExactly(11);
    }

    @Test
    void whatIsCompletedWhileClosingCounts() throws InterruptedException {
        KeyedDeliverer<Integer> deliverer = deliverer(2);
        deliver(deliverer, 11, 12);
        eventually(() -> begun.size() == 2);
        deliverer.stop();
        Thread closing = thread(0, () -> deliverer.drain(LONG));
        closing.start();
        complete(11);
        complete(12);
        closing.join();

        assertThat(setup.last()).isEqualTo(12);
    }

    @Test
    void aStageThatTakesTooLongIsCancelledAndTriedAgain() throws InterruptedException {
        policy = TWICE;
        Duration limit = Duration.ofSeconds(5);
        handlerLimits = new HandlerLimits(Optional.of(limit), Optional.empty());
        KeyedDeliverer<Integer> deliverer = deliverer(2);
        deliver(deliverer, 11);
        eventually(() -> begun.size() == 1);
        CompletableFuture<String> first = stages.get(11);
        eventually(time::isAwaited);
        time.advance(limit);
        eventually(first::isCancelled);
        eventually(() -> !setup.notices.isEmpty());
        eventually(() -> {
            time.advance(Duration.ofMillis(10));
            return begun.size() == 2;
        });
        assertThat(setup.handled).isEmpty();
        complete(11);
        deliverer.drain(LONG);

        assertThat(setup.notices)
                .singleElement()
                .isInstanceOfSatisfying(
                        HandlerRetried.class,
                        notice -> assertThat(notice.cause()).isInstanceOf(HandlerTimeoutException.class));
        assertThat(setup.last()).isEqualTo(11);
        assertThat(setup.told).containsExactly(11);
    }

    @Test
    void aStageThatCannotBeCancelledIsGivenUpAndItsLateEndIsNotThatOfTheNextAttempt() throws InterruptedException {
        policy = TWICE;
        Duration limit = Duration.ofSeconds(5);
        handlerLimits = new HandlerLimits(Optional.of(limit), Optional.empty());
        KeyedDeliverer<Integer> deliverer =
                deliverer(2, event -> begin(event).toCompletableFuture().minimalCompletionStage());
        deliver(deliverer, 11);
        eventually(() -> begun.size() == 1);
        CompletableFuture<String> first = stages.get(11);
        eventually(time::isAwaited);
        time.advance(limit);
        eventually(() -> !setup.notices.isEmpty());
        eventually(() -> {
            time.advance(Duration.ofMillis(10));
            return begun.size() == 2;
        });
        first.complete("late");
        assertThat(setup.handled).isEmpty();
        complete(11);
        deliverer.drain(LONG);

        assertThat(setup.last()).isEqualTo(11);
        assertThat(setup.told).containsExactly(11);
    }

    /** Another watcher has the place. */
    @Test
    void whatHasNotBegunIsDiscardedWhereTheStoreHasRefused() throws InterruptedException {
        KeyedDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 11, 21, 31);
        eventually(() -> begun.size() == 1);
        deliverer.discard();
        complete(11);
        deliverer.drain(LONG);

        assertThat(begun).containsExactly(11);
        assertThat(setup.last()).isEqualTo(11);
    }

    @Test
    void aPublisherIsHandledWhenItCompletes() throws InterruptedException {
        ManualPublisher publisher = new ManualPublisher();
        ReactiveEventHandler<ChangeEvent<Integer>> handler = event -> publisher;
        KeyedDeliverer<Integer> deliverer =
                deliverer(1, Handling.reactive(new Handlers<>(List.of(), List.of()), handler));
        deliver(deliverer, 11);
        eventually(() -> publisher.requested == Long.MAX_VALUE);
        publisher.subscriber.onNext("ignored");
        assertThat(setup.handled).isEmpty();
        publisher.subscriber.onComplete();
        deliverer.drain(LONG);

        assertThat(setup.last()).isEqualTo(11);
    }

    @Test
    void aPublisherThatFailsIsAFailure() throws InterruptedException {
        policy = HandlerFailurePolicy.skip();
        ManualPublisher publisher = new ManualPublisher();
        ReactiveEventHandler<ChangeEvent<Integer>> handler = event -> publisher;
        KeyedDeliverer<Integer> deliverer =
                deliverer(1, Handling.reactive(new Handlers<>(List.of(), List.of()), handler));
        deliver(deliverer, 11);
        eventually(() -> publisher.requested == Long.MAX_VALUE);
        publisher.subscriber.onError(broken);
        deliverer.drain(LONG);

        assertThat(setup.notices).singleElement().isInstanceOf(EventSkipped.class);
    }

    /** Of deliveries that the test acknowledges. */
    private KeyedDeliverer<Integer> acknowledging(Map<Integer, Delivery<Integer>> deliveries) {
        DeliveryHandler<Integer> handler = delivery -> {
            deliveries.put(DeliverySetup.timeOf(delivery.event()), delivery);
            begun.add(DeliverySetup.timeOf(delivery.event()));
        };
        return new KeyedDeliverer<>(
                new Work<>(
                        Handling.acknowledged(new Handlers<>(List.of(), List.of()), handler),
                        event -> new Object(),
                        new Limits(3, 3, 1_000_000)),
                setup.failures(policy),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), this::thread));
    }

    @Test
    void deliveriesDoNotWaitForEachOtherAndAreAcknowledgedInAnyOrder() throws InterruptedException {
        Map<Integer, Delivery<Integer>> deliveries = new ConcurrentHashMap<>();
        KeyedDeliverer<Integer> deliverer = acknowledging(deliveries);
        deliver(deliverer, 11, 21, 31);
        eventually(() -> begun.size() == 3);
        assertThat(begun).containsExactly(11, 21, 31);
        deliveries.get(31).acknowledge();
        deliveries.get(21).acknowledge();
        assertThat(setup.handled).isEmpty();
        deliveries.get(11).acknowledge();
        deliveries.get(11).acknowledge();
        deliveries.get(11).fail(broken);

        assertThat(setup.last()).isEqualTo(31);
        deliverer.drain(LONG);
        assertThat(setup.told).containsExactlyInAnyOrder(11, 21, 31);
    }

    @Test
    void aDeliveryThatFailsComesAgainAndItsFormerAcknowledgementDoesNothing() throws InterruptedException {
        policy = TWICE;
        Map<Integer, Delivery<Integer>> deliveries = new ConcurrentHashMap<>();
        KeyedDeliverer<Integer> deliverer = acknowledging(deliveries);
        deliver(deliverer, 11, 12);
        eventually(() -> begun.size() == 2);
        Delivery<Integer> former = deliveries.get(11);
        former.fail(broken);
        deliveries.get(12).acknowledge();
        eventually(time::isAwaited);
        time.advance(Duration.ofMillis(10));
        eventually(() -> begun.size() == 3);
        former.acknowledge();
        assertThat(setup.handled).isEmpty();
        deliveries.get(11).acknowledge();
        deliverer.drain(LONG);

        assertThat(begun).containsExactly(11, 12, 11);
        assertThat(setup.last()).isEqualTo(12);
    }

    @Test
    void aDeliveryThatFailsForGoodEndsTheWatcher() throws InterruptedException {
        Map<Integer, Delivery<Integer>> deliveries = new ConcurrentHashMap<>();
        KeyedDeliverer<Integer> deliverer = acknowledging(deliveries);
        deliver(deliverer, 11);
        eventually(() -> begun.size() == 1);
        deliveries.get(11).fail(broken);
        eventually(() -> !setup.failures.isEmpty());

        assertThat(setup.failures).singleElement().isInstanceOf(HandlerFailedException.class);
        assertThatThrownBy(() -> deliverer.drain(LONG)).hasCause(broken);
        assertThat(setup.handled).isEmpty();
    }

    private static final class ManualPublisher implements Publisher<String>, Subscription {
        private volatile Subscriber<? super String> subscriber;
        private volatile long requested;

        @Override
        public void subscribe(Subscriber<? super String> given) {
            subscriber = given;
            given.onSubscribe(this);
        }

        @Override
        public void request(long n) {
            requested = n;
        }

        @Override
        public void cancel() {}
    }
}
