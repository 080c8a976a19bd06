package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static io.changewatch.internal.engine.Events.undecodable;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.DecodeException;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.event.Gap;
import io.changewatch.event.OperationType;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.EventHandled;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watcher with several handlers at once. */
@Timeout(60)
final class ConcurrentWatcherTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store).concurrency(4);
    private final Map<Integer, CountDownLatch> gates = new ConcurrentHashMap<>();

    @AfterEach
    void leavesNothingBehind() {
        gates.values().forEach(CountDownLatch::countDown);
        setup.leavesNothingBehind();
    }

    /** The handlers of these events do not return before {@link #open}. */
    private void hold(int... events) {
        for (int event : events) {
            gates.put(event, new CountDownLatch(1));
        }
        setup.handler(event -> await(event.clusterTime().getTime()));
    }

    private void await(int event) throws InterruptedException {
        CountDownLatch gate = gates.get(event);
        if (gate != null) {
            gate.await();
        }
    }

    private void open(int event) {
        gates.get(event).countDown();
    }

    @Test
    void savesNoFurtherThanTheOldestThatIsNotHandled() throws InterruptedException {
        hold(102);
        setup.server.opens().batchUpTo(highWater(105), insert(101), insert(102), insert(103), insert(104));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().containsAll(List.of(101, 103, 104)));
        eventually(() -> store.token().equals(Optional.of(token(101))));
        assertThat(watcher.stats().totalEvents()).isLessThanOrEqualTo(3);

        open(102);
        eventually(() -> store.token().equals(Optional.of(highWater(105))));
        watcher.close();
        assertThat(watcher.stats().events()).containsEntry(OperationType.INSERT, 4L);
        assertThat(setup.listener.all(EventHandled.class)).hasSize(4);
    }

    @Test
    void aCloseWaitsForTheHandlersThatRun() throws InterruptedException {
        hold(101);
        setup.server.opens().batch(insert(101), insert(102));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().contains(102));
        Thread closing = new Thread(watcher::close);
        closing.start();
        eventually(() -> watcher.state() == WatcherState.STOPPING);
        open(101);
        closing.join();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(setup.handledTimes()).containsExactlyInAnyOrder(101, 102);
        assertThat(store.token()).contains(token(102));
    }

    /** It would wait for its own end. */
    @Test
    void refusesToBeMovedByAHandlerAtOnce() {
        AtomicReference<WatcherEngine<BsonDocument>> self = new AtomicReference<>();
        CountDownLatch started = new CountDownLatch(1);
        List<Exception> refusals = new CopyOnWriteArrayList<>();
        setup.handler(event -> {
            started.await();
            try {
                self.get().seek(StartPosition.now(), Duration.ofDays(1));
            } catch (IllegalStateException e) {
                refusals.add(e);
            }
        });
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.start();
        self.set(watcher);
        started.countDown();
        eventually(() -> !refusals.isEmpty());
        watcher.close();

        assertThat(refusals)
                .singleElement()
                .asString()
                .contains(
                        "cannot be moved from its own thread, as it moves when that is free: seek from another thread.");
    }

    @Test
    void aFailureEndsTheWatcherThoughTheServerIsQuiet() throws InterruptedException {
        IllegalStateException broken = new IllegalStateException("broken");
        CountDownLatch quiet = new CountDownLatch(1);
        setup.handler(event -> {
            if (event.clusterTime().getTime() == 102) {
                quiet.await();
                throw broken;
            }
        });
        setup.server.opens().batch(insert(101), insert(102), insert(103));
        WatcherEngine<BsonDocument> watcher = setup.start();
        setup.server.awaitQuiet();
        eventually(() -> setup.handledTimes().contains(103));
        quiet.countDown();

        assertThat(watcher.awaitTermination(Duration.ofSeconds(30))).isTrue();
        assertThat(watcher.failure()).containsInstanceOf(HandlerFailedException.class);
        assertThat(watcher.failure().orElseThrow()).hasCause(broken);
        assertThat(setup.listener.states()).doesNotContain(WatcherState.STOPPING);
        assertThat(store.token()).contains(token(101));
    }

    @Test
    void whatCameBeforeAFailureOfTheStreamIsHandledAndSaved() throws InterruptedException {
        setup.server.opens().batch(insert(101), insert(102), undecodable(103));

        assertThat(setup.runToFailure()).isInstanceOf(DecodeException.class);
        assertThat(setup.handledTimes()).containsExactlyInAnyOrder(101, 102);
        assertThat(store.token()).contains(token(102));
    }

    @Test
    void aReconnectDisturbsNothingInFlight() throws InterruptedException {
        hold(101);
        setup.server
                .opens()
                .batch(insert(101), insert(102))
                .fails(network())
                .opens()
                .batch(insert(103));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().containsAll(List.of(102, 103)));
        assertThat(store.token()).contains(highWater(100));
        open(101);
        eventually(() -> store.token().equals(Optional.of(token(103))));
        watcher.close();

        assertThat(setup.handledTimes()).containsExactlyInAnyOrder(101, 102, 103);
    }

    @Test
    void eventsOfOneDocumentStayInOrder() throws InterruptedException {
        hold(101);
        setup.server
                .opens()
                .batch(
                        insert(token(101), time(101), 1),
                        insert(token(102), time(102), 1),
                        insert(token(103), time(103), 2));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().contains(103));
        assertThat(setup.handledTimes()).containsExactly(103);
        open(101);
        eventually(() -> setup.handled.size() == 3);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(103, 101, 102);
    }

    @Test
    void aRetryWaitsAsideAndItsEventIsSavedLast() throws InterruptedException {
        List<Integer> attempts = new CopyOnWriteArrayList<>();
        setup.whenHandlerFails(
                        HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofHours(1), Duration.ofHours(1))))
                .handler(event -> {
                    int time = event.clusterTime().getTime();
                    attempts.add(time);
                    if (time == 101 && attempts.indexOf(101) == attempts.lastIndexOf(101)) {
                        throw new IllegalStateException("broken");
                    }
                });
        setup.server.opens().batch(insert(101), insert(102));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().contains(102));
        setup.time.advance(Duration.ofHours(2));
        watcher.close();

        assertThat(store.token()).isIn(Optional.of(highWater(100)), Optional.of(token(102)));
        assertThat(watcher.stats().handlerFailures()).isEqualTo(1);
        assertThat(setup.time.delays()).isEmpty();
    }

    @Test
    void aHandlerThatHangsIsInterruptedAtTheDeadline() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        setup.handler(event -> {
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
    void aHandlerMayCloseItsWatcher() throws InterruptedException {
        List<WatcherEngine<BsonDocument>> watchers = new CopyOnWriteArrayList<>();
        List<Boolean> closed = new CopyOnWriteArrayList<>();
        setup.handler(event -> {
            eventually(() -> !watchers.isEmpty());
            closed.add(watchers.get(0).close(Duration.ofSeconds(30)));
        });
        setup.server.opens().batch(insert(101));
        watchers.add(setup.start());

        assertThat(watchers.get(0).awaitTermination(Duration.ofSeconds(30))).isTrue();
        assertThat(closed).containsExactly(false);
        assertThat(store.token()).contains(token(101));
    }

    @Test
    void aListenerThatIsToldOfASlowHandlerMayCloseItsWatcher() throws InterruptedException {
        hold(101);
        AtomicReference<WatcherEngine<BsonDocument>> self = new AtomicReference<>();
        List<Boolean> closed = new CopyOnWriteArrayList<>();
        setup.slowHandlerAfter(Duration.ofMillis(1)).listener(new WatcherListener() {
            @Override
            public void handlerSlow(HandlerSlow notice) {
                closed.add(self.get().close(SOON));
                open(101);
            }
        });
        setup.server.opens().batch(insert(101), insert(102));
        WatcherEngine<BsonDocument> watcher = setup.start();
        self.set(watcher);
        eventually(() -> setup.handledTimes().contains(102));
        setup.time.advance(Duration.ofMillis(1));

        assertThat(watcher.awaitTermination(SOON)).isTrue();
        assertThat(closed).containsExactly(false);
        assertThat(store.token()).contains(token(102));
    }

    @Test
    void aListenerThatIsToldByTheThreadThatCompletesAStageMayCloseItsWatcher() throws InterruptedException {
        AtomicReference<WatcherEngine<BsonDocument>> self = new AtomicReference<>();
        List<Boolean> closed = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> stage = new CompletableFuture<>();
        setup.handlerAsync(event -> stage).listener(new WatcherListener() {
            @Override
            public void eventHandled(EventHandled notice) {
                closed.add(self.get().close(SOON));
            }
        });
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.start();
        self.set(watcher);
        eventually(() -> stage.getNumberOfDependents() > 0);
        stage.complete(null);

        assertThat(closed).containsExactly(false);
        assertThat(watcher.awaitTermination(SOON)).isTrue();
        assertThat(store.token()).contains(token(101));
        assertThat(watcher.close(SOON)).isTrue();
    }

    @Test
    void whatCannotBeDecodedIsParkedWhenAllBeforeItIsHandled() throws InterruptedException {
        hold(101);
        MemoryLetters letters = new MemoryLetters();
        setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
        setup.server.opens().batch(insert(101), insert(102), undecodable(103));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().contains(102) && isWaiting("changewatch-orders"));
        assertThat(letters.times()).isEmpty();
        open(101);
        eventually(() -> letters.times().equals(List.of(103)));
        watcher.close();

        assertThat(store.token()).contains(token(103));
    }

    private boolean isWaiting(String thread) {
        return setup.time.runningThreads().stream()
                .anyMatch(running -> running.getName().equals(thread) && running.getState() == Thread.State.WAITING);
    }

    /** A worker waits for them, and is no reason to say that the watcher is not paused. */
    @Test
    void isPausedWhileLettersCannotBeWritten() throws InterruptedException {
        MemoryLetters letters = new MemoryLetters();
        letters.breakDown();
        setup.parkIn(letters, ParkingOrder.GO_ON).handler(event -> {
            throw new IllegalStateException("poison");
        });
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> watcher.state() == WatcherState.RECOVERING);
        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();
        letters.awaitFailures(letters.failures() + 10);
        assertThat(watcher.state()).isEqualTo(WatcherState.PAUSED);
        letters.mend();
        eventually(() -> letters.times().equals(List.of(101)));
        assertThat(watcher.state()).isEqualTo(WatcherState.PAUSED);
        watcher.close();

        assertThat(setup.listener.states())
                .containsExactly(
                        WatcherState.STARTING,
                        WatcherState.RUNNING,
                        WatcherState.RECOVERING,
                        WatcherState.PAUSED,
                        WatcherState.STOPPING,
                        WatcherState.STOPPED);
    }

    @Test
    void aHandlerThatHangsShowsThoughTheServerIsQuiet() throws InterruptedException {
        hold(101);
        setup.server.opens().batch(insert(101), insert(102));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().contains(102));
        setup.server.awaitQuiet();
        setup.time.advance(Duration.ofMillis(2_500));
        assertThat(watcher.stats().activity()).isEqualTo(WatcherActivity.HANDLER_BUSY);
        open(101);

        eventually(() -> watcher.stats().activity() != WatcherActivity.HANDLER_BUSY);
        watcher.close();
    }

    @Test
    void aGapComesAloneAndItsPlaceIsSavedBeforeWhatFollows() throws InterruptedException {
        hold(101);
        setup.whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW);
        setup.server
                .opens()
                .batch(insert(101), insert(102))
                .fails(command(286))
                .opens()
                .at(highWater(200))
                .batch(insert(201));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handledTimes().contains(102));
        open(101);
        eventually(() -> setup.handledTimes().contains(201));
        watcher.close();

        assertThat(setup.handledTimes()).hasSize(4).endsWith(200, 201);
        assertThat(setup.handled.get(2)).isInstanceOf(Gap.class);
        assertThat(store.tokens()).contains(highWater(200));
    }
}
