package io.changewatch.internal.deliver;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.deliver.DeliverySetup.LONG;
import static io.changewatch.internal.deliver.DeliverySetup.TWICE;
import static io.changewatch.internal.deliver.DeliverySetup.deliver;
import static io.changewatch.internal.deliver.DeliverySetup.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.Batching;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Invalidate;
import io.changewatch.internal.deliver.BatchDeliverer.Means;
import io.changewatch.internal.deliver.BatchDeliverer.Work;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.HandlerRetried;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BatchDelivererTest {

    private final DeliverySetup setup = new DeliverySetup();
    private final ManualTime time = setup.time;
    private final List<List<Integer>> batches = new CopyOnWriteArrayList<>();
    private final AtomicBoolean askedToStop = new AtomicBoolean();
    private final IllegalStateException broken = new IllegalStateException("broken");
    private Call handler = events -> {};
    private Consumer<Integer> validation = document -> {};

    /** What a test's handler does. */
    private interface Call {
        void handle(List<Integer> events) throws Exception;
    }

    @AfterEach
    void leavesNoThread() throws InterruptedException {
        setup.endThreads();
    }

    private BatchDeliverer<Integer> deliverer(int events, HandlerFailurePolicy policy) {
        return new BatchDeliverer<>(
                new Work<>(
                        Batching.upTo(events).within(Duration.ofMillis(200)),
                        this::handle,
                        new Handlers<>(List.of(document -> validation.accept(document)), List.of())),
                setup.failures(policy),
                setup.progress(),
                () -> askedToStop.set(true),
                new Means(time, time.lock(), this::thread));
    }

    private BatchDeliverer<Integer> deliverer(int events) {
        return deliverer(events, HandlerFailurePolicy.stop());
    }

    private Thread thread(Runnable work) {
        return setup.thread("batch", work);
    }

    private void handle(List<ChangeEvent<Integer>> events) throws Exception {
        List<Integer> times = events.stream().map(DeliverySetup::timeOf).toList();
        batches.add(times);
        handler.handle(times);
    }

    @Test
    void handsOutABatchThatIsFull() throws InterruptedException {
        BatchDeliverer<Integer> deliverer = deliverer(3);
        deliver(deliverer, 1, 2, 3, 4);

        eventually(() -> setup.ended.size() == 1);
        assertThat(batches).containsExactly(List.of(1, 2, 3));
        assertThat(setup.handled).containsExactly(3);
    }

    @Test
    void handsOutWhatCameWithinTheTimeThoughNothingMoreComes() throws InterruptedException {
        BatchDeliverer<Integer> deliverer = deliverer(100);
        deliver(deliverer, 1);
        time.advance(Duration.ofMillis(150));
        deliver(deliverer, 2);
        eventually(time::isAwaited);
        assertThat(batches).isEmpty();
        time.advance(Duration.ofMillis(50));

        eventually(() -> setup.handled.equals(List.of(2)));
        assertThat(batches).containsExactly(List.of(1, 2));
    }

    @Test
    void collectsOneBatchWhileOneIsHandledAndThenWaits() throws InterruptedException {
        CountDownLatch mayReturn = new CountDownLatch(1);
        handler = events -> mayReturn.await();
        BatchDeliverer<Integer> deliverer = deliverer(2);
        deliver(deliverer, 1, 2);
        eventually(() -> batches.size() == 1);
        deliver(deliverer, 3, 4);
        Thread fifth = new Thread(() -> deliverQuietly(deliverer, 5));
        fifth.start();
        eventually(() -> fifth.getState() == Thread.State.WAITING);
        assertThat(batches).containsExactly(List.of(1, 2));
        mayReturn.countDown();
        fifth.join();

        deliverer.drain(LONG);
        assertThat(batches).containsExactly(List.of(1, 2), List.of(3, 4), List.of(5));
        assertThat(setup.handled).containsExactly(2, 4, 5);
    }

    private static void deliverQuietly(BatchDeliverer<Integer> deliverer, int seconds) {
        try {
            deliver(deliverer, seconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void triesAFailedBatchAgainAsAWhole() throws InterruptedException {
        handler = failing(1);
        BatchDeliverer<Integer> deliverer = deliverer(2, TWICE);
        deliver(deliverer, 1, 2);
        deliverer.drain(LONG);

        assertThat(batches).containsExactly(List.of(1, 2), List.of(1, 2));
        assertThat(setup.notices)
                .containsExactly(new HandlerRetried("orders", event(1), 1, Duration.ofMillis(10), broken));
        assertThat(setup.handled).containsExactly(2);
    }

    /** A handler that fails the first {@code times} it is called. */
    private Call failing(int times) {
        int[] left = {times};
        return events -> {
            if (left[0]-- > 0) {
                throw broken;
            }
        };
    }

    @Test
    void failsWithNothingOfTheBatchReportedWhenThePolicyGivesUp() throws InterruptedException {
        handler = failing(9);
        BatchDeliverer<Integer> deliverer = deliverer(2, TWICE);
        deliver(deliverer, 1, 2);
        eventually(() -> !setup.failures.isEmpty());

        assertThatThrownBy(() -> deliverer.drain(LONG))
                .isInstanceOf(HandlerFailedException.class)
                .isSameAs(setup.failures.get(0))
                .hasMessage(
                        "Watcher 'orders' stopped: the handler failed for a batch of 2 events from insert in shop.orders at "
                                + "cluster time 1/1 to 2/1 after 2 attempts with java.lang.IllegalStateException: broken. The batch is "
                                + "not checkpointed and comes again at the next start. Mend the handler, or choose "
                                + "whenHandlerFails(...) to retry longer or skip, or"
                                + " parkIn(...) to keep such events aside.")
                .hasCause(broken);
        assertThatThrownBy(() -> deliver(deliverer, 3)).isSameAs(setup.failures.get(0));
        assertThat(setup.handled).isEmpty();
        assertThat(setup.ended).isEmpty();
    }

    @Test
    void aFailureEndsAWaitForRoom() throws InterruptedException {
        CountDownLatch mayFail = new CountDownLatch(1);
        handler = events -> {
            mayFail.await();
            throw broken;
        };
        BatchDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 1);
        eventually(() -> batches.size() == 1);
        deliver(deliverer, 2);
        mayFail.countDown();

        assertThatThrownBy(() -> deliver(deliverer, 3)).isInstanceOf(HandlerFailedException.class);
        assertThat(batches).containsExactly(List.of(1));
    }

    @Test
    void skipsOnlyTheEventThatFails() throws InterruptedException {
        handler = events -> {
            if (events.contains(2)) {
                throw broken;
            }
        };
        BatchDeliverer<Integer> deliverer = deliverer(3, HandlerFailurePolicy.skip());
        deliver(deliverer, 1, 2, 3);
        deliverer.drain(LONG);

        assertThat(batches).containsExactly(List.of(1, 2, 3), List.of(1), List.of(2), List.of(3));
        assertThat(setup.notices).containsExactly(new EventSkipped("orders", event(2).raw(), broken));
        assertThat(setup.ended).containsExactly(List.of(1, 3));
        assertThat(setup.handled).containsExactly(3);
    }

    @Test
    void skipsABatchOfOneEventAtOnce() throws InterruptedException {
        handler = failing(1);
        BatchDeliverer<Integer> deliverer = deliverer(1, HandlerFailurePolicy.skip());
        deliver(deliverer, 1);
        deliverer.drain(LONG);

        assertThat(batches).containsExactly(List.of(1));
        assertThat(setup.notices).containsExactly(new EventSkipped("orders", event(1).raw(), broken));
    }

    @Test
    void handsOutAnEventOfNoDocumentAloneAndWaitsForIt() throws InterruptedException {
        BatchDeliverer<Integer> deliverer = deliverer(100);
        deliver(deliverer, 1, 2);
        deliverer.deliver(new Invalidate<>(event(3).context()));
        assertThat(setup.handled).containsExactly(2, 3);
        deliver(deliverer, 4);
        deliverer.drain(LONG);

        assertThat(batches).containsExactly(List.of(1, 2), List.of(3), List.of(4));
    }

    @Test
    void leavesOutWhatDoesNotPassTheValidation() throws InterruptedException {
        validation = document -> {
            if (document == 2) {
                throw broken;
            }
        };
        BatchDeliverer<Integer> deliverer = deliverer(2, HandlerFailurePolicy.skip());
        deliver(deliverer, 1, 2, 3);
        deliverer.drain(LONG);

        assertThat(batches).containsExactly(List.of(1, 3));
        assertThat(setup.notices).containsExactly(new EventSkipped("orders", event(2).raw(), broken));
    }

    @Test
    void leavesOutWhatIsHeldBackAlsoOfWhatItTells() throws InterruptedException {
        KeptEvents letters = new KeptEvents().holdingBack(2);
        setup.parkIn(letters);
        BatchDeliverer<Integer> deliverer = deliverer(3);
        deliver(deliverer, 1, 2, 3);
        deliverer.drain(LONG);

        assertThat(batches).containsExactly(List.of(1, 3));
        assertThat(letters.times()).containsExactly(2);
        assertThat(setup.ended).containsExactly(List.of(1, 3));
        assertThat(setup.handled).containsExactly(3);
    }

    /** An older event of its document may fail, and its letter comes first. */
    @Test
    void whatIsParkedAheadOfItsBatchWaitsForAllBeforeIt() throws InterruptedException {
        CountDownLatch mayReturn = new CountDownLatch(1);
        KeptEvents letters = new KeptEvents();
        setup.parkIn(letters);
        validation = document -> {
            if (document == 2) {
                throw broken;
            }
        };
        handler = events -> mayReturn.await();
        BatchDeliverer<Integer> deliverer = deliverer(100);
        deliver(deliverer, 1);
        Thread second = setup.thread("watcher", () -> deliverQuietly(deliverer, 2));
        second.start();
        eventually(() -> batches.size() == 1 && second.getState() == Thread.State.WAITING);
        assertThat(letters.times()).isEmpty();
        mayReturn.countDown();
        second.join();

        assertThat(letters.times()).containsExactly(2);
        assertThat(setup.handled).containsExactly(1, 2);
    }

    @Test
    void reportsAPositionWhenTheEventsBeforeItAreHandled() throws InterruptedException {
        CountDownLatch mayReturn = new CountDownLatch(1);
        handler = events -> mayReturn.await();
        BatchDeliverer<Integer> deliverer = deliverer(2);
        passed(deliverer, 1);
        assertThat(setup.handled).containsExactly(1);
        deliver(deliverer, 2, 3);
        eventually(() -> batches.size() == 1);
        passed(deliverer, 4);
        deliver(deliverer, 5);
        passed(deliverer, 6);
        assertThat(setup.handled).containsExactly(1);
        mayReturn.countDown();
        deliverer.drain(LONG);

        assertThat(setup.handled).containsExactly(1, 4, 6);
    }

    private static void passed(BatchDeliverer<Integer> deliverer, int seconds) {
        deliverer.passed(DeliverySetup.token(seconds), DeliverySetup.time(seconds));
    }

    @Test
    void interruptsAHandlerAtTheDeadlineAndReportsNothingOfIt() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        handler = events -> {
            entered.countDown();
            new CountDownLatch(1).await();
        };
        BatchDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 1);
        entered.await();
        deliver(deliverer, 2);
        deliverer.drain(Duration.ZERO);

        assertThat(batches).containsExactly(List.of(1));
        assertThat(setup.handled).isEmpty();
        assertThat(setup.failures).isEmpty();
        assertThat(askedToStop).isFalse();
    }

    @Test
    void keepsTheInterruptOfWhoDrains() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        handler = events -> {
            entered.countDown();
            new CountDownLatch(1).await();
        };
        BatchDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 1);
        entered.await();
        Thread.currentThread().interrupt();
        deliverer.drain(LONG);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(setup.handled).isEmpty();
    }

    @Test
    void stoppingEndsAWaitForRoomAndLetsWhatIsCollectedBeHandled() throws InterruptedException {
        CountDownLatch mayReturn = new CountDownLatch(1);
        handler = events -> mayReturn.await(1, TimeUnit.HOURS);
        BatchDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 1);
        eventually(() -> batches.size() == 1);
        deliver(deliverer, 2);
        deliverer.stop();

        assertThatThrownBy(() -> deliver(deliverer, 3)).isInstanceOf(DeliveryStoppedException.class);
        mayReturn.countDown();
        deliverer.drain(LONG);
        assertThat(setup.handled).containsExactly(1, 2);
    }

    @Test
    void handlesNothingThatIsCollectedOnceItIsDiscarded() throws InterruptedException {
        CountDownLatch mayReturn = new CountDownLatch(1);
        handler = events -> mayReturn.await();
        BatchDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 1);
        eventually(() -> batches.size() == 1);
        deliver(deliverer, 2);
        deliverer.discard();
        mayReturn.countDown();
        deliverer.drain(LONG);

        assertThat(batches).containsExactly(List.of(1));
        assertThat(setup.handled).containsExactly(1);
    }

    @Test
    void aHandlerThatIsInterruptedAsksTheWatcherToStop() throws InterruptedException {
        handler = events -> {
            throw new InterruptedException();
        };
        BatchDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 1);

        eventually(askedToStop::get);
        deliverer.drain(LONG);
        assertThat(setup.handled).isEmpty();
        assertThat(setup.failures).isEmpty();
    }

    @Test
    void anErrorIsNeitherTriedAgainNorSkipped() throws InterruptedException {
        AssertionError error = new AssertionError("a bug");
        handler = events -> {
            throw error;
        };
        BatchDeliverer<Integer> deliverer = deliverer(1, TWICE.thenSkip());
        deliver(deliverer, 1);

        assertThatThrownBy(() -> deliverer.drain(LONG)).isSameAs(error);
        assertThat(setup.failures).containsExactly(error);
        assertThat(setup.notices).isEmpty();
        assertThat(setup.handled).isEmpty();
    }

    /** Other languages than Java let a handler throw it. */
    @Test
    void whatIsNoExceptionIsTheFailure() throws InterruptedException {
        Throwable odd = new Throwable("odd");
        handler = events -> {
            throw DeliverySetup.undeclared(odd);
        };
        BatchDeliverer<Integer> deliverer = deliverer(1);
        deliver(deliverer, 1);

        assertThatThrownBy(() -> deliverer.drain(LONG)).isSameAs(odd);
    }

    @Test
    void aThreadThatCannotBeStartedIsNotWaitedFor() {
        OutOfMemoryError error = new OutOfMemoryError("unable to create native thread");
        BatchDeliverer<Integer> deliverer = new BatchDeliverer<>(
                new Work<>(Batching.upTo(1), this::handle, new Handlers<>(List.of(), List.of())),
                setup.failures(HandlerFailurePolicy.stop()),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), work -> DeliverySetup.unstartable(error)));
        assertThatThrownBy(() -> deliver(deliverer, 1)).isSameAs(error);

        deliverer.drain(LONG);
    }

    @Test
    void theListOfABatchCannotBeModified() throws InterruptedException {
        BatchDeliverer<Integer> deliverer = new BatchDeliverer<>(
                new Work<>(Batching.upTo(1), List::clear, new Handlers<>(List.of(), List.of())),
                setup.failures(HandlerFailurePolicy.stop()),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), this::thread));
        deliver(deliverer, 1);

        assertThatThrownBy(() -> deliverer.drain(LONG)).hasCauseInstanceOf(UnsupportedOperationException.class);
    }
}
