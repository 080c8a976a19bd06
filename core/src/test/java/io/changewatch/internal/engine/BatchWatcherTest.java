package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static io.changewatch.internal.engine.Events.undecodable;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.Batching;
import io.changewatch.DecodeException;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.Gap;
import io.changewatch.event.OperationType;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.observe.WatcherListener.BatchHandled;
import io.changewatch.observe.WatcherListener.EventHandled;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watcher whose handler gets batches. */
@Timeout(60)
final class BatchWatcherTest {
    private static final Batching ON_CLOSE = Batching.upTo(1_000).within(Duration.ofDays(1));

    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store).inBatches(ON_CLOSE);

    @AfterEach
    void leavesNothingBehind() {
        setup.leavesNothingBehind();
    }

    @Test
    void aCloseHandsOutWhatIsCollectedAndSavesIt() throws InterruptedException {
        setup.server.opens().batchUpTo(highWater(104), insert(101), insert(102), insert(103));
        var watcher = setup.run();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
        assertThat(store.token()).contains(highWater(104));
        assertThat(setup.listener.all(BatchHandled.class))
                .containsExactly(new BatchHandled("orders", 3, Duration.ZERO));
        assertThat(setup.listener.all(EventHandled.class)).hasSize(3);
        assertThat(watcher.stats().events()).containsEntry(OperationType.INSERT, 3L);
    }

    @Test
    void theCheckpointIsTheLastEventOfABatch() throws InterruptedException {
        setup.inBatches(Batching.upTo(2).within(Duration.ofDays(1)));
        setup.server.opens().batch(insert(101), insert(102), insert(103)).then(() -> store.awaitSaved(token(102)));
        setup.run();

        assertThat(store.tokens()).containsExactly(highWater(100), token(102), token(103));
    }

    @Test
    void aFailureEndsTheWatcherWhileItWaitsForTheServer() throws InterruptedException {
        IllegalStateException broken = new IllegalStateException("broken");
        CountDownLatch quiet = new CountDownLatch(1);
        setup.inBatches(Batching.upTo(2)).handler(event -> {
            quiet.await();
            throw broken;
        });
        setup.server.opens().batch(insert(101), insert(102));
        WatcherEngine<BsonDocument> watcher = setup.start();
        setup.server.awaitQuiet();
        quiet.countDown();

        assertThat(watcher.awaitTermination(Duration.ofSeconds(30))).isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(watcher.failure())
                .containsInstanceOf(HandlerFailedException.class)
                .get()
                .extracting(Throwable::getCause)
                .isEqualTo(broken);
        assertThat(setup.listener.states()).doesNotContain(WatcherState.STOPPING);
        assertThat(store.tokens()).containsExactly(highWater(100));
    }

    @Test
    void anErrorIsTheFailure() throws InterruptedException {
        AssertionError error = new AssertionError("a bug");
        setup.inBatches(Batching.upTo(1)).handler(event -> {
            throw error;
        });
        setup.server.opens().batch(insert(101));

        assertThat(setup.runToFailure()).isSameAs(error);
    }

    @Test
    void whatCameBeforeAFailureOfTheStreamIsHandledAndSaved() throws InterruptedException {
        setup.server.opens().batch(insert(101), insert(102), undecodable(103));

        assertThat(setup.runToFailure()).isInstanceOf(DecodeException.class);
        assertThat(setup.handledTimes()).containsExactly(101, 102);
        assertThat(store.token()).contains(token(102));
    }

    @Test
    void whatIsCollectedIsNotHandledByAWatcherThatLostItsPlace() throws InterruptedException {
        StoreLockedException locked = new StoreLockedException("taken over", null);
        setup.inBatches(Batching.upTo(2).within(Duration.ofDays(1)));
        setup.server
                .opens()
                .then(() -> store.failsToSave(locked))
                .batch(insert(101), insert(102), insert(103))
                .then(() -> eventually(this::isRefused))
                .idle(highWater(105));

        assertThat(setup.runToFailure()).isSameAs(locked);
        assertThat(setup.handledTimes()).containsExactly(101, 102);
    }

    /** At the opening and behind the first batch it has saved, and is back from there. */
    private boolean isRefused() {
        return store.attempts() == 2
                && setup.time.runningThreads().stream()
                        .filter(thread -> thread.getName().endsWith("-checkpoint"))
                        .allMatch(thread -> thread.getState() == Thread.State.WAITING);
    }

    @Test
    void nothingIsCollectedTwiceAfterAReconnect() throws InterruptedException {
        setup.server
                .opens()
                .batch(insert(101), insert(102))
                .fails(network())
                .opens()
                .batch(insert(103));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
    }

    @Test
    void aCloseEndsTheWaitBetweenAttempts() throws InterruptedException {
        setup.time.holdWaits();
        setup.inBatches(Batching.upTo(1))
                .whenHandlerFails(
                        HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofHours(1), Duration.ofHours(1))))
                .handler(event -> {
                    throw new IllegalStateException("broken");
                });
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.start();
        setup.time.awaitWaiting();
        watcher.close();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(store.token()).contains(highWater(100));
    }

    @Test
    void aHandlerMayCloseItsWatcher() throws InterruptedException {
        List<Boolean> closed = new CopyOnWriteArrayList<>();
        List<WatcherEngine<BsonDocument>> watchers = new CopyOnWriteArrayList<>();
        setup.inBatches(Batching.upTo(2)).handler(event -> {
            eventually(() -> !watchers.isEmpty());
            closed.add(watchers.get(0).close(Duration.ofSeconds(30)));
        });
        setup.server.opens().batch(insert(101), insert(102));
        watchers.add(setup.start());

        assertThat(watchers.get(0).awaitTermination(Duration.ofSeconds(30))).isTrue();
        assertThat(closed).containsExactly(false, false);
        assertThat(watchers.get(0).state()).isEqualTo(WatcherState.STOPPED);
        assertThat(store.token()).contains(token(102));
    }

    @Test
    void aHandlerThatHangsIsInterruptedAtTheDeadline() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        setup.inBatches(Batching.upTo(1)).handler(event -> {
            entered.countDown();
            new CountDownLatch(1).await();
        });
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.start();
        entered.await();

        assertThat(watcher.close(Duration.ofMillis(50))).isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(store.token()).contains(highWater(100));
    }

    @Test
    void aHandlerThatHangsShowsThoughTheServerIsQuiet() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch mayReturn = new CountDownLatch(1);
        setup.inBatches(Batching.upTo(1)).handler(event -> {
            entered.countDown();
            mayReturn.await();
        });
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.start();
        entered.await();
        setup.server.awaitQuiet();
        setup.time.advance(Duration.ofMillis(2_500));
        assertThat(watcher.stats().activity()).isEqualTo(WatcherActivity.HANDLER_BUSY);
        mayReturn.countDown();

        eventually(() -> watcher.stats().activity() != WatcherActivity.HANDLER_BUSY);
        watcher.close();
    }

    @Test
    void aGapComesAloneAndItsPlaceIsSavedBeforeWhatFollows() throws InterruptedException {
        setup.whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW);
        setup.server
                .opens()
                .batch(insert(101), insert(102))
                .fails(command(286))
                .opens()
                .at(highWater(200))
                .batch(insert(201));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(101, 102, 200, 201);
        assertThat(setup.handled.get(2)).isInstanceOf(Gap.class);
        assertThat(store.tokens()).contains(highWater(200));
        assertThat(setup.listener.all(BatchHandled.class).stream().map(BatchHandled::events))
                .containsExactly(2, 1, 1);
    }
}
