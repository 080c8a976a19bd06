package io.changewatch.internal.deliver;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.deliver.DeliverySetup.LONG;
import static io.changewatch.internal.deliver.DeliverySetup.TWICE;
import static io.changewatch.internal.deliver.DeliverySetup.deliver;
import static io.changewatch.internal.deliver.DeliverySetup.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HandlerTimeoutException;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.EventContext;
import io.changewatch.event.Insert;
import io.changewatch.event.Invalidate;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.KeyedDeliverer.Limits;
import io.changewatch.internal.deliver.KeyedDeliverer.Means;
import io.changewatch.internal.deliver.KeyedDeliverer.Work;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.HandlerRetried;
import io.changewatch.observe.WatcherListener.HandlerSlow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events are numbers; their key is the last digit, unless a test says otherwise. */
@Timeout(60)
final class KeyedDelivererTest {

    private final DeliverySetup setup = new DeliverySetup();
    private final ManualTime time = setup.time;
    private final List<Integer> begun = new CopyOnWriteArrayList<>();
    private final List<Integer> done = new CopyOnWriteArrayList<>();
    private final AtomicBoolean askedToStop = new AtomicBoolean();
    private final Map<Integer, CountDownLatch> gates = new ConcurrentHashMap<>();
    private final IllegalStateException broken = new IllegalStateException("broken");
    private Limits limits = new Limits(4, 1_000, 1_000_000);
    private HandlerFailurePolicy policy = HandlerFailurePolicy.stop();
    private HandlerLimits handlerLimits = HandlerLimits.NONE;
    private Handlers.Handler<Integer> handler = event -> {};

    @AfterEach
    void leavesNoThread() throws InterruptedException {
        gates.values().forEach(CountDownLatch::countDown);
        setup.endThreads();
    }

    private KeyedDeliverer<Integer> deliverer() {
        return new KeyedDeliverer<>(
                new Work<>(
                        Handling.by(new Handlers<>(List.of(), List.of(this::handle))),
                        event -> DeliverySetup.timeOf(event) % 10,
                        limits,
                        handlerLimits),
                setup.failures(policy),
                setup.progress(),
                () -> askedToStop.set(true),
                new Means(time, time.lock(), this::thread));
    }

    private Thread thread(int number, Runnable work) {
        return setup.thread("worker-" + number, work);
    }

    private void handle(ChangeEvent<Integer> event) throws Exception {
        int number = DeliverySetup.timeOf(event);
        begun.add(number);
        CountDownLatch gate = gates.get(number);
        if (gate != null) {
            gate.await();
        }
        handler.handle(event);
        done.add(number);
    }

    /** The handler of this event does not return before {@link #open}. */
    private void hold(int... numbers) {
        for (int number : numbers) {
            gates.put(number, new CountDownLatch(1));
        }
    }

    private void open(int number) {
        gates.get(number).countDown();
    }

    private static ChangeEvent<Integer> invalidate(int number) {
        return new Invalidate<>(context(number, new BsonDocument()));
    }

    private static EventContext context(int number, BsonDocument raw) {
        return new EventContext(
                DeliverySetup.token(number),
                DeliverySetup.time(number),
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                raw);
    }

    /** Of at least so many bytes. */
    private static Insert<Integer> large(int number, int bytes) {
        BsonDocument whole = new BsonDocument("filling", new BsonBinary(new byte[bytes]));
        RawBsonDocument raw = new RawBsonDocument(whole, new BsonDocumentCodec());
        return new Insert<>(
                context(number, raw),
                Namespace.of("shop", "orders"),
                new BsonDocument("_id", new BsonInt32(number)),
                number);
    }

    /** In another thread, because it waits. */
    private AtomicBoolean inBackground(KeyedDeliverer<Integer> deliverer, ChangeEvent<Integer> event) {
        AtomicBoolean returned = new AtomicBoolean();
        Thread thread = thread(0, () -> {
            try {
                deliverer.deliver(event);
                returned.set(true);
            } catch (InterruptedException | DeliveryStoppedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
        eventually(() -> returned.get() || thread.getState() == Thread.State.WAITING);
        return returned;
    }

    @Test
    void handlesEventsOfDifferentKeysSideBySideAndThoseOfOneKeyInOrder() throws InterruptedException {
        hold(11, 12, 13);
        KeyedDeliverer<Integer> deliverer = deliverer();
        deliver(deliverer, 11, 21, 12, 13, 14);
        eventually(() -> begun.containsAll(List.of(11, 12, 13, 14)));

        assertThat(begun).doesNotContain(21);
        open(11);
        eventually(() -> done.contains(21));
        assertThat(begun).containsOnlyOnce(11, 12, 13, 14, 21);
    }

    @Test
    void runsNoMoreHandlersThanItMay() throws InterruptedException {
        limits = new Limits(2, 1_000, 1_000_000);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        handler = event -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            LockSupport.parkNanos(1_000);
            running.decrementAndGet();
        };
        KeyedDeliverer<Integer> deliverer = deliverer();
        deliver(deliverer, IntStream.range(0, 500).toArray());
        deliverer.drain(LONG);

        assertThat(most).hasValue(2);
        assertThat(setup.threads()).hasSize(2).noneMatch(Thread::isAlive);
        assertThat(setup.last()).isEqualTo(499);
    }

    @Test
    void theCheckpointIsTheContiguousLowWatermark() throws InterruptedException {
        hold(11);
        KeyedDeliverer<Integer> deliverer = deliverer();
        deliver(deliverer, 11, 12, 13);
        deliverer.passed(DeliverySetup.token(14), DeliverySetup.time(14));
        eventually(() -> done.containsAll(List.of(12, 13)));
        assertThat(setup.handled).isEmpty();

        open(11);
        eventually(() -> setup.last() == 14);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void keepsTheOrderOfEachKeyWhateverTheHandlersTake(long seed) throws InterruptedException {
        Random random = new Random(seed);
        int keys = 1 + random.nextInt(20);
        int[] events = IntStream.range(1, 2_000).toArray();
        Map<Integer, List<Integer>> order = new ConcurrentHashMap<>();
        boolean[] finished = new boolean[events.length + 1];
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        policy = TWICE;
        handler = event -> {
            int number = DeliverySetup.timeOf(event);
            int chance = new Random(seed * 31 + number).nextInt(100);
            if (chance < 10) {
                LockSupport.parkNanos(1_000);
            }
            order.computeIfAbsent(number % keys, key -> new CopyOnWriteArrayList<>())
                    .add(number);
            synchronized (finished) {
                finished[number] = true;
            }
        };
        Deliverer.Progress checking = new Deliverer.Progress() {
            private int reported;

            @Override
            public void handled(ResumeToken token, BsonTimestamp clusterTime, int count) {
                synchronized (finished) {
                    for (int number = reported + 1; number <= clusterTime.getTime(); number++) {
                        if (!finished[number]) {
                            wrong.add(number + " is not handled, and " + clusterTime.getTime() + " was reported");
                        }
                    }
                }
                if (reported + count != clusterTime.getTime()) {
                    wrong.add("counted " + count + " from " + reported + " to " + clusterTime.getTime());
                }
                reported = clusterTime.getTime();
                setup.handled.add(reported);
            }
        };
        KeyedDeliverer<Integer> deliverer = new KeyedDeliverer<>(
                new Work<>(
                        Handling.by(new Handlers<>(List.of(), List.of(this::handle))),
                        event -> DeliverySetup.timeOf(event) % keys,
                        new Limits(1 + random.nextInt(8), 1 + random.nextInt(100), 1_000_000)),
                setup.failures(policy),
                checking,
                () -> {},
                new Means(time, time.lock(), this::thread));
        for (int number : events) {
            deliverer.deliver(number % 500 == 0 ? invalidate(number) : event(number));
        }
        deliverer.drain(LONG);

        assertThat(wrong).isEmpty();
        order.forEach((key, numbers) ->
                assertThat(numbers).as("key %d", key).isSorted().doesNotHaveDuplicates());
        assertThat(setup.last()).isEqualTo(events.length);
        assertThat(done).hasSize(events.length);
    }

    @Test
    void anEventThatIsNotOfADocumentIsHandledAlone() throws InterruptedException {
        hold(11, 20);
        KeyedDeliverer<Integer> deliverer = deliverer();
        deliver(deliverer, 11, 12);
        AtomicBoolean barrier = inBackground(deliverer, invalidate(20));
        eventually(() -> done.contains(12));
        assertThat(begun).doesNotContain(20);

        open(11);
        eventually(() -> begun.contains(20));
        assertThat(barrier).isFalse();
        open(20);
        eventually(barrier::get);
        assertThat(setup.last()).isEqualTo(20);
    }

    @Test
    void aKeyOfNullIsAKey() throws InterruptedException {
        hold(1);
        KeyedDeliverer<Integer> deliverer = new KeyedDeliverer<>(
                new Work<>(Handling.by(new Handlers<>(List.of(), List.of(this::handle))), event -> null, limits),
                setup.failures(policy),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), this::thread));
        deliver(deliverer, 1, 2);
        eventually(() -> begun.contains(1));
        open(1);
        deliverer.drain(LONG);

        assertThat(done).containsExactly(1, 2);
    }

    @Test
    void whatTheKeyThrowsIsAFailureOfTheHandler() throws InterruptedException {
        policy = HandlerFailurePolicy.skip();
        KeyedDeliverer<Integer> deliverer = new KeyedDeliverer<>(
                new Work<>(
                        Handling.by(new Handlers<>(List.of(), List.of(this::handle))),
                        event -> {
                            throw broken;
                        },
                        limits),
                setup.failures(policy),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), this::thread));
        deliver(deliverer, 1);
        deliverer.drain(LONG);

        assertThat(done).isEmpty();
        assertThat(setup.notices).singleElement().isInstanceOf(EventSkipped.class);
        assertThat(setup.last()).isEqualTo(1);
    }

    /** An older event of its document may fail, and its letter comes first. */
    @Test
    void whatIsParkedAheadOfAWorkerWaitsForAllBeforeIt() throws InterruptedException {
        KeptEvents letters = new KeptEvents();
        setup.parkIn(letters);
        hold(11);
        KeyedDeliverer<Integer> deliverer = new KeyedDeliverer<>(
                new Work<>(
                        Handling.by(new Handlers<>(List.of(), List.of(this::handle))),
                        event -> {
                            if (DeliverySetup.timeOf(event) == 12) {
                                throw broken;
                            }
                            return 1;
                        },
                        limits),
                setup.failures(policy),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), this::thread));
        deliver(deliverer, 11);
        AtomicBoolean second = inBackground(deliverer, event(12));
        assertThat(letters.times()).isEmpty();
        assertThat(second).isFalse();
        open(11);
        eventually(second::get);

        assertThat(letters.times()).containsExactly(12);
        assertThat(setup.handled).containsExactly(11, 12);
    }

    @Test
    void aKeyThatCannotBeMadeIsNotBlamedOnTheHandler() {
        KeyedDeliverer<Integer> deliverer = new KeyedDeliverer<>(
                new Work<>(
                        Handling.by(new Handlers<>(List.of(), List.of(this::handle))),
                        event -> {
                            throw broken;
                        },
                        limits),
                setup.failures(policy),
                setup.progress(),
                () -> {},
                new Means(time, time.lock(), this::thread));

        assertThatThrownBy(() -> deliver(deliverer, 1))
                .isInstanceOf(HandlerFailedException.class)
                .hasMessage(
                        "Watcher 'orders' stopped: the function of orderedBy(...) failed for insert in shop.orders at cluster time 1/1"
                                + " after 1 attempt with java.lang.IllegalStateException: broken. The event is not checkpointed and comes"
                                + " again at the next start. Mend the function of orderedBy(...), or choose whenHandlerFails(...) to retry"
                                + " longer or skip, or parkIn(...) to keep such events aside.")
                .hasCause(broken);
    }

    @Nested
    class Bounds {
        @Test
        void waitsWhileTooManyEventsAreBehindTheOldest() throws InterruptedException {
            limits = new Limits(4, 3, 1_000_000);
            hold(11);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 12, 13);
            eventually(() -> done.containsAll(List.of(12, 13)));
            AtomicBoolean fourth = inBackground(deliverer, event(14));
            assertThat(fourth).isFalse();

            open(11);
            eventually(fourth::get);
        }

        @Test
        void waitsWhileTooManyBytesAreNotHandled() throws InterruptedException {
            limits = new Limits(4, 1_000, 10_000);
            hold(11, 12);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliverer.deliver(large(11, 4_000));
            deliverer.deliver(large(12, 4_000));
            AtomicBoolean third = inBackground(deliverer, large(13, 4_000));
            assertThat(third).isFalse();

            open(12);
            eventually(third::get);
        }

        @Test
        void aLargerEventGoesAlone() throws InterruptedException {
            limits = new Limits(4, 1_000, 10_000);
            hold(11);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliverer.deliver(event(11));
            AtomicBoolean large = inBackground(deliverer, large(12, 50_000));
            assertThat(large).isFalse();

            open(11);
            eventually(large::get);
            eventually(() -> done.contains(12));
        }

        @Test
        void keepsNothingOfTheBatch() throws InterruptedException {
            byte[] batch = new byte[100_000];
            RawBsonDocument raw =
                    new RawBsonDocument(new BsonDocument("operationType", new BsonInt32(1)), new BsonDocumentCodec());
            System.arraycopy(raw.getBackingArray(), raw.getByteOffset(), batch, 50_000, raw.getByteLength());
            RawBsonDocument slice = new RawBsonDocument(batch, 50_000, raw.getByteLength());
            List<Integer> kept = new CopyOnWriteArrayList<>();
            handler = event -> kept.add(((RawBsonDocument) event.raw()).getBackingArray().length);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliverer.deliver(new Insert<>(
                    context(1, slice), Namespace.of("shop", "orders"), new BsonDocument("_id", new BsonInt32(1)), 1));
            deliverer.drain(LONG);

            assertThat(kept).containsExactly(raw.getByteLength());
        }
    }

    @Nested
    class Failures {
        @Test
        void aKeyThatWaitsForItsNextAttemptHoldsNoWorker() throws InterruptedException {
            limits = new Limits(1, 1_000, 1_000_000);
            policy = TWICE;
            AtomicInteger attempts = new AtomicInteger();
            handler = event -> {
                if (DeliverySetup.timeOf(event) == 11 && attempts.incrementAndGet() == 1) {
                    throw broken;
                }
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 21, 12, 13);
            eventually(() -> done.containsAll(List.of(12, 13)));
            assertThat(done).doesNotContain(11, 21);
            assertThat(setup.notices).singleElement().isInstanceOf(HandlerRetried.class);

            eventually(time::isAwaited);
            time.advance(Duration.ofMillis(10));
            eventually(() -> done.containsAll(List.of(11, 21)));
            assertThat(begun).containsExactly(11, 12, 13, 11, 21);
        }

        @Test
        void aSkippedEventIsPassed() throws InterruptedException {
            policy = HandlerFailurePolicy.skip();
            handler = event -> {
                if (DeliverySetup.timeOf(event) == 11) {
                    throw broken;
                }
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 21);
            deliverer.drain(LONG);

            assertThat(setup.told).containsExactly(21);
            assertThat(setup.last()).isEqualTo(21);
        }

        @Test
        void nothingBehindAFailureIsReportedAndWhatIsBeforeItIsStillHandled() throws InterruptedException {
            limits = new Limits(2, 1_000, 1_000_000);
            hold(11, 12);
            handler = event -> {
                if (DeliverySetup.timeOf(event) == 12) {
                    throw broken;
                }
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 21, 12, 13, 22);
            eventually(() -> begun.containsAll(List.of(11, 12)));
            open(12);
            eventually(() -> !setup.failures.isEmpty());
            assertThatThrownBy(() -> deliverer.deliver(event(14))).isInstanceOf(HandlerFailedException.class);
            open(11);

            assertThatThrownBy(() -> deliverer.drain(LONG))
                    .isInstanceOf(HandlerFailedException.class)
                    .hasCause(broken);
            assertThat(done).containsExactly(11, 21);
            assertThat(setup.last()).isEqualTo(21);
            assertThat(setup.threads()).noneMatch(Thread::isAlive);
        }

        @Test
        void anErrorIsTheFailure() throws InterruptedException {
            AssertionError error = new AssertionError("a bug");
            handler = event -> {
                throw error;
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 1);
            eventually(() -> setup.failures.contains(error));

            assertThatThrownBy(() -> deliverer.drain(LONG)).isSameAs(error);
        }

        /** Other languages than Java let a handler throw it. */
        @Test
        void whatIsNoExceptionIsTheFailure() throws InterruptedException {
            Throwable odd = new Throwable("odd");
            handler = event -> {
                throw DeliverySetup.undeclared(odd);
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 1);
            eventually(() -> setup.failures.contains(odd));

            assertThatThrownBy(() -> deliverer.drain(LONG)).isSameAs(odd);
        }

        @Test
        void whoWaitsForRoomLearnsOfTheFailure() throws InterruptedException {
            limits = new Limits(1, 1, 1_000_000);
            hold(11);
            handler = event -> {
                throw broken;
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11);
            List<Throwable> thrown = new CopyOnWriteArrayList<>();
            Thread waiting = thread(0, () -> {
                try {
                    deliverer.deliver(event(12));
                } catch (Exception e) {
                    thrown.add(e);
                }
            });
            waiting.start();
            eventually(() -> waiting.getState() == Thread.State.WAITING);
            open(11);
            waiting.join();

            assertThat(thrown).singleElement().isInstanceOf(HandlerFailedException.class);
        }
    }

    @Nested
    class Closing {
        @Test
        void aStopHandlesWhatLiesBeforeTheLastEventThatHasBegun() throws InterruptedException {
            limits = new Limits(2, 1_000, 1_000_000);
            hold(11, 12);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 21, 12, 22, 13);
            eventually(() -> begun.containsAll(List.of(11, 12)));
            deliverer.stop();
            open(11);
            open(12);
            deliverer.drain(LONG);

            assertThat(done).containsExactlyInAnyOrder(11, 21, 12);
            assertThat(setup.last()).isEqualTo(12);
            assertThatThrownBy(() -> deliverer.deliver(event(14))).isInstanceOf(DeliveryStoppedException.class);
        }

        @Test
        void aDrainWithoutAStopHandlesEverything() throws InterruptedException {
            hold(11);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 21, 31, 12);
            open(11);
            deliverer.drain(LONG);

            assertThat(done).containsExactlyInAnyOrder(11, 21, 31, 12);
            assertThat(setup.last()).isEqualTo(12);
        }

        @Test
        void whatWaitsForItsNextAttemptIsNotTriedAgain() throws InterruptedException {
            policy = TWICE;
            handler = event -> {
                if (DeliverySetup.timeOf(event) == 12) {
                    throw broken;
                }
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 12);
            eventually(() -> !setup.notices.isEmpty() && done.contains(11));
            deliverer.stop();
            deliverer.drain(LONG);

            assertThat(begun).containsOnlyOnce(12);
            assertThat(setup.last()).isEqualTo(11);
        }

        @Test
        void aHandlerThatHangsIsInterruptedAtTheDeadline() throws InterruptedException {
            hold(11);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 12);
            eventually(() -> done.contains(12));
            deliverer.stop();
            Thread closing = thread(0, () -> deliverer.drain(Duration.ofSeconds(1)));
            closing.start();
            eventually(time::isAwaited);
            time.advance(Duration.ofSeconds(1));
            closing.join();

            assertThat(setup.threads()).noneMatch(Thread::isAlive);
            assertThat(setup.handled).isEmpty();
        }

        @Test
        void aHandlerThatInterruptsItselfStopsTheWatcher() throws InterruptedException {
            handler = event -> {
                throw new InterruptedException();
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11);
            eventually(askedToStop::get);
            deliverer.stop();
            deliverer.drain(LONG);

            assertThat(setup.handled).isEmpty();
        }

        @Test
        void aWorkerThatCannotBeStartedIsNotWaitedFor() {
            OutOfMemoryError error = new OutOfMemoryError("unable to create native thread");
            KeyedDeliverer<Integer> deliverer = new KeyedDeliverer<>(
                    new Work<>(
                            Handling.by(new Handlers<>(List.of(), List.of(KeyedDelivererTest.this::handle))),
                            event -> 1,
                            limits),
                    setup.failures(policy),
                    setup.progress(),
                    () -> {},
                    new Means(
                            time,
                            time.lock(),
                            (number, work) -> number == 2 ? DeliverySetup.unstartable(error) : thread(number, work)));
            assertThatThrownBy(() -> deliver(deliverer, 11)).isSameAs(error);
            deliverer.drain(LONG);

            assertThat(setup.threads()).hasSize(1).noneMatch(Thread::isAlive);
        }

        @Test
        void withoutAnEventThereIsNothingToEnd() {
            deliverer().drain(LONG);

            assertThat(setup.threads()).isEmpty();
        }
    }

    @Test
    void tellsSinceWhenAHandlerRuns() throws InterruptedException {
        hold(11, 12);
        KeyedDeliverer<Integer> deliverer = deliverer();
        assertThat(deliverer.busySince()).isEmpty();
        deliver(deliverer, 11);
        eventually(() -> begun.contains(11));
        time.advance(Duration.ofNanos(7));
        deliver(deliverer, 12);
        eventually(() -> begun.contains(12));

        assertThat(deliverer.busySince()).hasValue(0);
        open(11);
        eventually(() -> deliverer.busySince().equals(OptionalLong.of(7)));
    }

    @Nested
    class Time {
        private final Duration limit = Duration.ofSeconds(5);
        private final AtomicInteger interrupts = new AtomicInteger();

        private void pass(Duration duration) {
            eventually(time::isAwaited);
            time.advance(duration);
        }

        @Test
        void aHandlerThatTakesTooLongIsInterruptedAndHasFailed() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.of(limit), Optional.empty());
            policy = HandlerFailurePolicy.skip();
            hold(11);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 21, 12);
            eventually(() -> begun.contains(11) && done.contains(12));
            pass(limit);
            eventually(() -> done.contains(21));
            deliverer.drain(LONG);

            assertThat(setup.notices)
                    .singleElement()
                    .isInstanceOfSatisfying(
                            EventSkipped.class,
                            notice -> assertThat(notice.cause())
                                    .isInstanceOf(HandlerTimeoutException.class)
                                    .hasMessageContaining("not done after 5000 ms"));
            assertThat(setup.last()).isEqualTo(12);
            assertThat(askedToStop).isFalse();
            assertThat(setup.threads()).hasSize(5).noneMatch(Thread::isAlive);
        }

        @Test
        void whatEndsTooLateHasFailedThoughItReturns() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.of(limit), Optional.empty());
            policy = TWICE;
            AtomicInteger attempts = new AtomicInteger();
            handler = event -> {
                if (attempts.incrementAndGet() == 1) {
                    while (!Thread.interrupted()) {
                        LockSupport.parkNanos(1_000_000);
                    }
                }
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11);
            eventually(() -> attempts.get() == 1);
            pass(limit);
            eventually(() -> !setup.notices.isEmpty());
            eventually(() -> {
                time.advance(Duration.ofMillis(10));
                return attempts.get() == 2;
            });
            deliverer.drain(LONG);

            assertThat(setup.notices).singleElement().isInstanceOf(HandlerRetried.class);
            assertThat(setup.last()).isEqualTo(11);
        }

        @Test
        void aHandlerThatIgnoresItsInterruptIsToldOfAgainAndAgainAndAnsweredWhenItEnds() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.of(limit), Optional.empty());
            policy = HandlerFailurePolicy.skip();
            CountDownLatch end = new CountDownLatch(1);
            handler = event -> {
                boolean ended = false;
                while (!ended) {
                    try {
                        end.await();
                        ended = true;
                    } catch (InterruptedException e) {
                        interrupts.incrementAndGet();
                    }
                }
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11);
            pass(limit);
            eventually(() -> interrupts.get() == 1);
            assertThat(setup.notices).isEmpty();
            pass(limit);
            eventually(() -> setup.notices.size() == 1);
            pass(limit.multipliedBy(2));
            eventually(() -> setup.notices.size() == 2 && interrupts.get() == 3);
            end.countDown();
            deliverer.drain(LONG);

            assertThat(setup.notices.subList(0, 2))
                    .allSatisfy(notice -> assertThat(notice).isInstanceOf(HandlerSlow.class));
            assertThat(((HandlerSlow) setup.notices.get(1)).duration()).isEqualTo(limit.multipliedBy(4));
            assertThat(setup.notices.get(2)).isInstanceOf(EventSkipped.class);
            assertThat(setup.notices).hasSize(3);
        }

        @Test
        void aSlowHandlerIsToldOfOnceWhileItRuns() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.empty(), Optional.of(limit));
            hold(11);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 12);
            eventually(() -> begun.contains(11) && done.contains(12));
            pass(limit);
            eventually(() -> setup.notices.size() == 1);
            time.advance(limit);
            assertThat(done).doesNotContain(11);
            open(11);
            deliverer.drain(LONG);

            assertThat(setup.notices).singleElement().isInstanceOfSatisfying(HandlerSlow.class, notice -> {
                assertThat(DeliverySetup.timeOf(notice.event())).isEqualTo(11);
                assertThat(notice.duration()).isEqualTo(limit);
            });
        }

        @Test
        void theWaitForAnAnswerAboutLettersIsNotTheHandlers() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.of(limit), Optional.empty());
            KeptEvents letters = new KeptEvents().slowToTell(11);
            setup.parkIn(letters);
            hold(12);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 12);
            eventually(() -> letters.isAskedFor(11) && begun.contains(12));
            pass(limit);
            eventually(() -> letters.times().contains(12));
            letters.answer();
            deliverer.drain(LONG);

            assertThat(done).containsExactly(11);
            assertThat(letters.times()).containsExactly(12);
            assertThat(askedToStop).isFalse();
        }

        @Test
        void aHandlerThatBeginsBesideOneThatWasToldOfIsWatched() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.empty(), Optional.of(limit));
            hold(11, 12);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11);
            eventually(() -> begun.contains(11));
            pass(limit);
            eventually(() -> setup.notices.size() == 1 && !time.isAwaited());
            deliver(deliverer, 12);
            eventually(() -> begun.contains(12));
            pass(limit);

            eventually(() -> setup.notices.size() == 2);
        }

        @Test
        void aHandlerThatBeginsWhenNoneRanIsWatched() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.empty(), Optional.of(limit));
            hold(12);
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11);
            eventually(() -> setup.last() == 11);
            time.advance(limit);
            eventually(() -> !time.isAwaited());
            deliver(deliverer, 12);
            eventually(() -> begun.contains(12));
            pass(limit);

            eventually(() -> setup.notices.size() == 1);
        }

        @Test
        void aHandlerThatHasFailedIsNotSlowWhileItsEventIsParked() throws InterruptedException {
            handlerLimits = new HandlerLimits(Optional.empty(), Optional.of(limit));
            KeptEvents letters = new KeptEvents().slowToKeep(11);
            setup.parkIn(letters);
            hold(12);
            handler = event -> {
                throw broken;
            };
            KeyedDeliverer<Integer> deliverer = deliverer();
            deliver(deliverer, 11, 12);
            eventually(() -> letters.isAskedFor(11) && begun.contains(12));
            pass(limit);
            eventually(() -> !setup.notices.isEmpty());
            letters.answer();
            open(12);
            deliverer.drain(LONG);

            assertThat(setup.notices)
                    .singleElement()
                    .isInstanceOfSatisfying(
                            HandlerSlow.class,
                            notice -> assertThat(DeliverySetup.timeOf(notice.event()))
                                    .isEqualTo(12));
        }
    }
}
