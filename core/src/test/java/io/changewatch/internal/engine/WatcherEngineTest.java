package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.ChangeWatcher;
import io.changewatch.ConfigurationException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StreamFailedException;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.Checkpoint;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watcher's beginning and its end. */
final class WatcherEngineTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    private final Set<Thread> before = watcherThreads(); // what another test may have left behind
    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store);
    private final WatcherEngine<BsonDocument> watcher = setup.build();

    @AfterEach
    void leavesNothingBehind() throws InterruptedException {
        watcher.close();
        for (Thread thread : setup.time.threads()) {
            thread.join(SOON.toMillis());
        }
        assertThat(setup.time.runningThreads()).isEmpty();
        assertThat(watcherThreads()).isSubsetOf(before);
        assertThat(setup.server.isAllClosed()).isTrue();
    }

    private static Set<Thread> watcherThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("changewatch-"))
                .collect(Collectors.toSet());
    }

    @Nested
    class Starting {

        @Test
        void returnsOnceTheStreamIsOpen() {
            watcher.start();

            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
            assertThat(setup.server.opened()).hasSize(1);
        }

        @Test
        void returnsWhileRecovering() throws Exception {
            setup.time.holdWaits();
            setup.server.refuses(network());
            watcher.start();

            assertThat(watcher.state()).isEqualTo(WatcherState.RECOVERING);
            assertThat(watcher.failure()).isEmpty();
        }

        @Test
        void throwsWhatMustBeChangedFirst() {
            setup.server.refuses(command(40573));

            assertThatThrownBy(watcher::start).isInstanceOf(ConfigurationException.class);
            assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        }

        @Test
        void wrapsAnErrorThatIsNotOurs() {
            setup.server.refuses(new AssertionError("a bug"));

            assertThatThrownBy(watcher::start)
                    .isInstanceOf(StreamFailedException.class)
                    .hasMessage("Watcher 'orders' failed with java.lang.AssertionError: a bug.");
        }

        @Test
        void happensOnce() {
            watcher.start();

            assertThatThrownBy(watcher::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "Watcher 'orders' is RUNNING and cannot become STARTING. A watcher starts once; build another "
                                    + "one to start again.");
        }

        @Test
        void isRefusedAfterTheEnd() {
            watcher.close();

            assertThatThrownBy(watcher::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "Watcher 'orders' is STOPPED and cannot become STARTING. A watcher starts once; build another "
                                    + "one to start again.");
        }

        @Test
        void keepsTheInterruptOfItsCaller() {
            setup.server.hangs();
            Thread.currentThread().interrupt();
            watcher.start();

            assertThat(Thread.interrupted()).isTrue();
            assertThat(watcher.state()).isEqualTo(WatcherState.STARTING);
        }
    }

    @Nested
    class AwaitingThatItRuns {

        @Test
        void returnsWhenItRuns() throws Exception {
            watcher.start();
            watcher.awaitRunning(SOON);

            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }

        @Test
        void returnsWhenItHasRecovered() throws Exception {
            setup.server.refuses(network());
            setup.server.opens().batch(insert(101));
            watcher.start();
            watcher.awaitRunning(SOON);

            assertThat(setup.listener.states()).contains(WatcherState.RECOVERING);
        }

        @Test
        void endsWithTheTimeout() {
            setup.time.holdWaits();
            RuntimeException lost = network();
            setup.server.refuses(lost);
            watcher.start();

            assertThatThrownBy(() -> watcher.awaitRunning(Duration.ofMillis(1)))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage(
                            "Watcher 'orders' is RECOVERING and was not running within PT0.001S: it goes on trying after "
                                    + FailureMessages.describe(lost) + ".")
                    .hasCause(lost);
        }

        @Test
        void saysThatNobodyHasStartedIt() {
            assertThatThrownBy(() -> watcher.awaitRunning(Duration.ofMillis(1)))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage(
                            "Watcher 'orders' is NEW and was not running within PT0.001S: nobody has called start().");
        }

        @Test
        void throwsTheFailure() {
            setup.server.refuses(command(40573));
            watcher.launch();

            assertThatThrownBy(() -> watcher.awaitRunning(SOON)).isInstanceOf(ConfigurationException.class);
        }

        @Test
        void isRefusedAfterTheEnd() {
            watcher.close();

            assertThatThrownBy(() -> watcher.awaitRunning(SOON))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("Watcher 'orders' has been closed; build another one to watch again.");
        }
    }

    @Nested
    class Closing {

        @Test
        void stopsAWatcherThatWaitsForEvents() throws Exception {
            watcher.start();
            setup.server.awaitQuiet();

            assertThat(watcher.close(SOON)).isTrue();
            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
            assertThat(watcher.failure()).isEmpty();
            assertThat(setup.server.isClosed()).isTrue();
            assertThat(store.isReleased()).isTrue();
        }

        @Test
        void happensOnce() throws Exception {
            watcher.start();
            watcher.close();
            watcher.close();

            assertThat(watcher.close(SOON)).isTrue();
            assertThat(setup.listener.states()).containsOnlyOnce(WatcherState.STOPPING, WatcherState.STOPPED);
        }

        @Test
        void beforeTheStartMakesAStartImpossible() {
            watcher.close();

            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
            assertThat(setup.listener.states()).containsExactly(WatcherState.STOPPED);
        }

        @Test
        void stopsAWatcherThatOpens() throws Exception {
            setup.server.hangs();
            watcher.launch();
            setup.server.awaitQuiet();

            assertThat(watcher.close(SOON)).isTrue();
            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        }

        @Test
        void stopsAWatcherThatWaitsForARetry() throws Exception {
            setup.time.holdWaits();
            setup.server.refuses(network());
            watcher.start();
            setup.time.awaitWaiting();

            assertThat(watcher.close(SOON)).isTrue();
            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        }

        @Test
        void stopsAWatcherThatIsPausedForTheStore() throws Exception {
            CountDownLatch paused = new CountDownLatch(1);
            setup.closeWithin(Duration.ofMillis(20)).maxUnsavedEvents(1).listener(new WatcherListener() {
                @Override
                public void deliveryPaused(DeliveryPaused notice) {
                    paused.countDown();
                }
            });
            setup.server.opens().then(store::breakDown).batch(insert(101), insert(102));
            ChangeWatcher pausing = setup.start();
            assertThat(paused.await(60, TimeUnit.SECONDS)).isTrue();

            pausing.close();
            assertThat(pausing.awaitTermination(SOON)).isTrue();
            assertThat(pausing.state()).isEqualTo(WatcherState.STOPPED);
            assertThat(setup.handledTimes()).containsExactly(101);
        }

        @Test
        void stopsAWatcherWhoseFirstPositionIsNotSaved() throws Exception {
            store.breakDown();
            ChangeWatcher pinning = setup.closeWithin(Duration.ofMillis(50)).build();
            pinning.start();
            store.awaitFailure();
            pinning.close();

            assertThat(pinning.awaitTermination(SOON)).isTrue();
            assertThat(pinning.state()).isEqualTo(WatcherState.STOPPED);
        }

        @Test
        void fromItsOwnHandlerReturnsAtOnceAndStopsBehindTheEvent() throws Exception {
            AtomicReference<ChangeWatcher> self = new AtomicReference<>();
            AtomicBoolean ended = new AtomicBoolean(true);
            setup.handler(event -> ended.set(self.get().close(SOON)));
            setup.server.opens().batch(insert(101), insert(102));
            self.set(setup.build());
            self.get().start();

            assertThat(self.get().awaitTermination(SOON)).isTrue();
            assertThat(ended).isFalse();
            assertThat(setup.handledTimes()).containsExactly(101);
            assertThat(store.token()).hasValue(token(101));
            assertThat(self.get().state()).isEqualTo(WatcherState.STOPPED);
        }

        @Test
        void waitsForTheHandlerInFlight() throws Exception {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch mayReturn = new CountDownLatch(1);
            setup.handler(event -> {
                entered.countDown();
                mayReturn.await();
            });
            setup.server.opens().batch(insert(101), insert(102));
            ChangeWatcher busy = setup.start();
            entered.await();
            Thread releasing = new Thread(() -> releaseWhenStopping(busy, mayReturn));
            releasing.start();

            assertThat(busy.close(SOON)).isTrue();
            releasing.join();
            assertThat(setup.handledTimes()).containsExactly(101);
            assertThat(store.token()).hasValue(token(101));
        }

        private void releaseWhenStopping(ChangeWatcher busy, CountDownLatch latch) {
            while (busy.state() != WatcherState.STOPPING) {
                Thread.onSpinWait();
            }
            latch.countDown();
        }

        @Test
        void interruptsAStuckHandlerAtTheDeadlineAndSavesWhatWasBeforeIt() throws Exception {
            AtomicBoolean interrupted = new AtomicBoolean();
            CountDownLatch stuck = new CountDownLatch(1);
            setup.checkpoint((events, time) -> false).handler(event -> {
                if (event.resumeToken().equals(token(102))) {
                    stuck.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.set(true);
                        throw e;
                    }
                }
            });
            setup.server.opens().batch(insert(101), insert(102));
            ChangeWatcher stubborn = setup.start();
            stuck.await();

            stubborn.close(Duration.ofMillis(1));
            assertThat(stubborn.awaitTermination(SOON)).isTrue();
            assertThat(interrupted).isTrue();
            assertThat(store.token()).hasValue(token(101));
            assertThat(stubborn.state()).isEqualTo(WatcherState.STOPPED);
        }

        @Test
        void saysThatAHandlerStillRunsAtTheDeadline() throws Exception {
            CountDownLatch stuck = new CountDownLatch(1);
            CountDownLatch mayReturn = new CountDownLatch(1);
            setup.handler(event -> {
                stuck.countDown();
                awaitUninterruptibly(mayReturn);
            });
            setup.server.opens().batch(insert(101), insert(102));
            ChangeWatcher stubborn = setup.start();
            stuck.await();

            assertThat(stubborn.close(Duration.ofMillis(1))).isFalse();
            assertThat(stubborn.state()).isEqualTo(WatcherState.STOPPING);
            mayReturn.countDown();
            assertThat(stubborn.awaitTermination(SOON)).isTrue();
            assertThat(setup.handledTimes()).containsExactly(101);
        }

        @Test
        @Timeout(60)
        void endsByItsDeadlineWhereNeitherHandlerNorStoreReturns() throws Exception {
            CountDownLatch stuck = new CountDownLatch(1);
            CountDownLatch mayReturn = new CountDownLatch(1);
            setup.closeWithin(ChronoUnit.FOREVER.getDuration())
                    .store(new StuckStore(store, mayReturn))
                    .handler(event -> {
                        if (event.resumeToken().equals(token(102))) {
                            stuck.countDown();
                            new CountDownLatch(1).await();
                        }
                    });
            setup.server.opens().batch(insert(101), insert(102));
            ChangeWatcher hanging = setup.start();
            stuck.await();

            hanging.close(Duration.ofMillis(1));

            assertThat(hanging.awaitTermination(SOON)).isTrue();
            mayReturn.countDown();
        }

        @Test
        @Timeout(60)
        void givesUpALastSaveThatBeganBeforeItWasAskedToEnd() throws Exception {
            CountDownLatch mayReturn = new CountDownLatch(1);
            StuckStore stuck = new StuckStore(store, mayReturn);
            setup.closeWithin(ChronoUnit.FOREVER.getDuration())
                    .store(stuck)
                    .checkpoint((events, time) -> false)
                    .handler(event -> {
                        if (event.resumeToken().equals(token(102))) {
                            throw new AssertionError("ends the watcher");
                        }
                    });
            setup.server.opens().batch(insert(101), insert(102));
            ChangeWatcher failed = setup.start();
            stuck.entered.await();

            failed.close(Duration.ofMillis(1));

            assertThat(failed.awaitTermination(SOON)).isTrue();
            mayReturn.countDown();
        }

        @Test
        @Timeout(60)
        void givesTheLastSaveAsLongAsItsDeadlineAllows() throws Exception {
            CountDownLatch mayReturn = new CountDownLatch(1);
            setup.closeWithin(Duration.ofMillis(1)).store(new StuckStore(store, mayReturn));
            setup.server.opens().batch(insert(101));
            ChangeWatcher patient = setup.start();
            setup.server.awaitQuiet();
            Thread releasing = new Thread(() -> releaseLater(patient, mayReturn));
            releasing.start();

            assertThat(patient.close(SOON)).isTrue();
            releasing.join();
            assertThat(store.token()).hasValue(token(101));
        }

        /** As long after the close as a watcher would need that gave up after {@code closeWithin}. */
        private void releaseLater(ChangeWatcher patient, CountDownLatch latch) {
            try {
                assertThat(patient.awaitTermination(CloseDeadline.GRACE.multipliedBy(2)))
                        .isFalse();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            latch.countDown();
        }

        /** Saves the first position, and then not before it may, however it is interrupted. */
        private final class StuckStore extends ForwardingStore {
            private final CountDownLatch mayReturn;
            private final CountDownLatch entered = new CountDownLatch(1);

            private StuckStore(MemoryStore memory, CountDownLatch mayReturn) {
                super(memory);
                this.mayReturn = mayReturn;
            }

            @Override
            public void save(String watcher, Checkpoint checkpoint) {
                if (store.last().isPresent()) {
                    entered.countDown();
                    awaitUninterruptibly(mayReturn);
                }
                super.save(watcher, checkpoint);
            }
        }

        private void awaitUninterruptibly(CountDownLatch latch) {
            while (true) {
                try {
                    latch.await();
                    return;
                } catch (InterruptedException e) {
                    // What a handler should not do.
                }
            }
        }

        @Test
        @Timeout(20)
        void doesNotWaitForAListenerThatHangsAtTheEnd() throws Exception {
            CountDownLatch mayReturn = new CountDownLatch(1);
            setup.listener(new WatcherListener() {
                @Override
                public void stateChanged(StateChanged notice) {
                    if (notice.to() == WatcherState.STOPPED) {
                        awaitUninterruptibly(mayReturn);
                    }
                }
            });
            ChangeWatcher hanging = setup.start();
            setup.server.awaitQuiet();

            hanging.close(Duration.ofMillis(200));
            mayReturn.countDown();
            assertThat(hanging.state()).isEqualTo(WatcherState.STOPPED);
        }

        @Test
        void mayTakeForEver() throws Exception {
            setup.closeWithin(ChronoUnit.FOREVER.getDuration()).server.opens().batch(insert(101));

            assertThat(setup.run().state()).isEqualTo(WatcherState.STOPPED);
            assertThat(store.token()).hasValue(token(101));
        }

        @Test
        void endsWhateverTheStoreThrowsAtItsRelease() throws Exception {
            store.failsToRelease(new AssertionError("a bug"));

            assertThat(setup.run().state()).isEqualTo(WatcherState.STOPPED);
        }

        @Test
        void endsWhateverTheCursorThrows() throws Exception {
            setup.server.opens().failingToClose().batch(insert(101)).fails(network());
            setup.server.opens().failingToClose().batch(insert(102));

            assertThat(setup.run().state()).isEqualTo(WatcherState.STOPPED);
            assertThat(setup.handledTimes()).containsExactly(101, 102);
        }

        @Test
        void fromAListenerOnTheSavingThreadReturnsAtOnce() throws Exception {
            AtomicReference<ChangeWatcher> self = new AtomicReference<>();
            AtomicBoolean ended = new AtomicBoolean(true);
            setup.listener(new WatcherListener() {
                @Override
                public void checkpointSaved(CheckpointSaved notice) {
                    if (notice.checkpoint().token().equals(token(101))) {
                        ended.set(self.get().close(SOON));
                    }
                }
            });
            setup.server.opens().batch(insert(101));
            self.set(setup.build());
            self.get().start();

            assertThat(self.get().awaitTermination(SOON)).isTrue();
            assertThat(ended).isFalse();
        }

        @Test
        void endsAWaitBetweenAttemptsOfAHandler() throws Exception {
            setup.time.holdWaits();
            setup.whenHandlerFails(HandlerFailurePolicy.retry(
                            RetryPolicy.exponential(Duration.ofHours(1), Duration.ofHours(1))))
                    .handler(event -> {
                        throw new IllegalStateException("not yet");
                    });
            setup.server.opens().batch(insert(101));
            ChangeWatcher waiting = setup.start();
            setup.time.awaitWaiting();

            assertThat(waiting.close(SOON)).isTrue();
            assertThat(setup.handled).isEmpty();
            assertThat(store.token()).isNotEqualTo(Optional.of(token(101)));
        }

        @Test
        void keepsTheInterruptOfItsCaller() throws Exception {
            watcher.start();
            setup.server.awaitQuiet();
            Thread.currentThread().interrupt();
            watcher.close();

            assertThat(Thread.interrupted()).isTrue();
            assertThat(watcher.awaitTermination(SOON)).isTrue();
        }
    }

    @Nested
    class UserCode {

        @Test
        void aListenerThatThrowsChangesNothing() throws Exception {
            WatcherListener throwing = new WatcherListener() {
                @Override
                public void stateChanged(StateChanged notice) {
                    throw new AssertionError("a listener's error");
                }

                @Override
                public void eventHandled(EventHandled notice) {
                    throw new IllegalStateException("a listener's exception");
                }

                @Override
                public void checkpointSaved(CheckpointSaved notice) {
                    throw new IllegalStateException("a listener's exception");
                }
            };
            setup.listener(throwing).server.opens().batch(insert(101), insert(102));
            ChangeWatcher ended = setup.run();

            assertThat(ended.state()).isEqualTo(WatcherState.STOPPED);
            assertThat(setup.handledTimes()).containsExactly(101, 102);
            assertThat(store.token()).hasValue(token(102));
        }

        @Test
        void anErrorInAHandlerEndsTheWatcherAndIsNeverPassed() throws Exception {
            AssertionError error = new AssertionError("a bug");
            setup.whenHandlerFails(HandlerFailurePolicy.skip()).handler(event -> {
                if (event.resumeToken().equals(token(102))) {
                    throw error;
                }
            });
            setup.server.opens().batch(insert(101), insert(102), insert(103));

            assertThat(setup.runToFailure()).isSameAs(error);
            assertThat(setup.handledTimes()).containsExactly(101);
            assertThat(store.token()).hasValue(token(101));
        }

        @Test
        void anInterruptInAHandlerStopsTheWatcherAndStaysVisible() throws Exception {
            setup.handler(event -> {
                Thread.currentThread().interrupt();
                throw new InterruptedException();
            });
            setup.server.opens().batch(insert(101));
            ChangeWatcher interrupted = setup.start();

            assertThat(interrupted.awaitTermination(SOON)).isTrue();
            interrupted.close();
            assertThat(interrupted.failure()).isEmpty();
            assertThat(setup.time.endedInterrupted()).containsExactly("changewatch-orders");
            assertThat(store.tokens()).doesNotContain(token(101));
        }
    }
}
