package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ChangeWatcher;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.CheckpointFailed;
import io.changewatch.observe.WatcherListener.DeliveryPaused;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class StoreFailureTest {
    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store);

    @Test
    void goesOnUntilTooManyEventsAreUnsavedThenPausesAndSaysSo() throws InterruptedException {
        setup.maxUnsavedEvents(3).listener(new WatcherListener() {
            @Override
            public void deliveryPaused(DeliveryPaused notice) {
                assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
                store.mend();
            }
        });
        setup.server
                .opens()
                .then(store::breakDown)
                .batch(insert(101), insert(102), insert(103), insert(104), insert(105));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(101, 102, 103, 104, 105);
        assertThat(setup.listener.all(DeliveryPaused.class)).containsExactly(new DeliveryPaused("orders", 3));
        assertThat(setup.listener.causes()).containsExactly(store.broken);
        assertThat(setup.listener.states())
                .containsExactly(
                        WatcherState.STARTING,
                        WatcherState.RUNNING,
                        WatcherState.RECOVERING,
                        WatcherState.RUNNING,
                        WatcherState.STOPPING,
                        WatcherState.STOPPED);
        assertThat(store.token()).hasValue(token(105));
    }

    @Test
    void waitsForASlowStoreWithoutCallingItAFailure() throws InterruptedException {
        setup.maxUnsavedEvents(1).checkpoint(CheckpointPolicy.everyEvents(1_000));
        setup.server.opens().batch(insert(101), insert(102), insert(103));
        setup.run();

        assertThat(store.tokens()).containsExactly(highWater(ScriptedSource.NOW), token(101), token(102), token(103));
        assertThat(setup.listener.all(DeliveryPaused.class)).isEmpty();
    }

    @Test
    void handsOutNothingBeforeTheFirstPositionIsSaved() throws InterruptedException {
        store.breakDown();
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.build();
        watcher.start();
        store.awaitFailure();

        assertThat(watcher.state()).isEqualTo(WatcherState.RECOVERING);
        assertThat(setup.handled).isEmpty();
        store.mend();
        setup.server.awaitQuiet();
        watcher.close();
        assertThat(setup.listener.causes()).containsExactly(store.broken);
        assertThat(setup.handledTimes()).containsExactly(101);
        assertThat(store.tokens()).startsWith(highWater(ScriptedSource.NOW));
    }

    @Test
    void isToldOfEachFailedSave() throws InterruptedException {
        StoreException failure = new StoreException("Out of order.", null);
        store.failsToSave(failure).failsToSave(failure);
        setup.run();

        assertThat(setup.listener.all(CheckpointFailed.class))
                .extracting(CheckpointFailed::failures)
                .containsExactly(1, 2);
        assertThat(store.token()).hasValue(highWater(ScriptedSource.NOW));
    }

    static Stream<Throwable> refusals() {
        return Stream.concat(
                untrustworthy(), Stream.of(new StaleCheckpointException("Another watcher is ahead.", null)));
    }

    static Stream<Throwable> untrustworthy() {
        return Stream.of(
                new StoreLockedException("Another process holds it.", null),
                new CorruptCheckpointException("The checkpoint of 'orders' is damaged.", null),
                new AssertionError("an error in the store"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aStoreThatRefusesForGoodEndsTheWatcherWithWhatItThrew(Throwable refusal) throws InterruptedException {
        setup.maxUnsavedEvents(1)
                .server
                .opens()
                .then(() -> store.failsToSave(refusal))
                .batch(insert(101), insert(102));

        assertThat(setup.runToFailure()).isSameAs(refusal);
        assertThat(store.tokens()).containsExactly(highWater(ScriptedSource.NOW));
    }

    @ParameterizedTest
    @MethodSource("untrustworthy")
    void aCheckpointThatCannotBeTrustedEndsTheWatcher(Throwable refusal) throws InterruptedException {
        store.failsToLoad(refusal);

        assertThat(setup.runToFailure()).isSameAs(refusal);
        assertThat(setup.server.opened()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aLastCheckpointThatIsRefusedIsAFailure(Throwable refusal) throws InterruptedException {
        setup.checkpoint(CheckpointPolicy.everyEvents(1_000));
        setup.server.opens().then(() -> store.failsToSave(refusal)).batch(insert(101));
        ChangeWatcher watcher = setup.run();

        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(watcher.failure()).hasValue(refusal);
    }

    @Test
    void aPolicyThatGivesUpSavingEndsTheWatcher() throws InterruptedException {
        StoreException failure = new StoreException("Out of order.", null);
        setup.retryStore(RetryPolicy.never());
        store.failsToSave(failure);

        assertThat(setup.runToFailure())
                .isInstanceOf(StoreException.class)
                .hasMessage(
                        "Cannot save the checkpoint of watcher 'orders': the retry policy gave up (failed attempts: 1), "
                                + "the last with: Out of order. Mend the store, or choose a retryStore(...) that tries longer.")
                .hasCause(failure);
    }

    @Test
    void aFailedLoadIsTriedAgain() throws InterruptedException {
        setup.retryStore(RetryPolicy.exponential(Duration.ofMillis(10), Duration.ofSeconds(1)));
        MemoryStore held = MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50)));
        setup.store(held.failsToLoad(new StoreException("A.", null)).failsToLoad(new IllegalStateException("B")));
        setup.server.opens().batch(insert(51));
        setup.run();

        assertThat(setup.time.delays()).containsExactly(Duration.ofMillis(10), Duration.ofMillis(20));
        assertThat(setup.handledTimes()).containsExactly(51);
    }

    @Test
    void aPolicyThatGivesUpLoadingEndsTheWatcher() throws InterruptedException {
        setup.retryStore(RetryPolicy.never());
        store.failsToLoad(new StoreException("Out of order.", null));

        assertThat(setup.runToFailure())
                .isInstanceOf(StoreException.class)
                .hasMessage(
                        "Cannot load the checkpoint of watcher 'orders': the retry policy gave up (failed attempts: 1), "
                                + "the last with: Out of order. Mend the store, or choose a retryStore(...) that tries longer.");
    }
}
