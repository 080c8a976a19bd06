package io.changewatch.internal.engine;

import static io.changewatch.WatcherState.PAUSED;
import static io.changewatch.WatcherState.RECOVERING;
import static io.changewatch.WatcherState.RUNNING;
import static io.changewatch.WatcherState.STARTING;
import static io.changewatch.WatcherState.STOPPED;
import static io.changewatch.WatcherState.STOPPING;
import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.event.Gap;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

final class PauseTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final WatchSetup setup = new WatchSetup();
    private WatcherEngine<BsonDocument> watcher = setup.build();

    private void start() {
        watcher = setup.build();
        watcher.start();
    }

    private void pauseAt(int seconds) {
        setup.handler(event -> {
            if (event.clusterTime().getTime() == seconds) {
                watcher.pause();
            }
        });
    }

    @Test
    void stopsAfterTheEventInFlightAndGoesOnAfterItOnceResumed() throws InterruptedException {
        setup.server.opens().batch(insert(101), insert(102), insert(103));
        setup.server.opens().batch(insert(102), insert(103));
        pauseAt(101);
        start();

        assertThat(watcher.awaitPaused(SOON)).isTrue();
        assertThat(setup.handledTimes()).containsExactly(101);
        assertThat(watcher.stats().activity()).isEqualTo(WatcherActivity.PAUSED);

        watcher.resume();
        setup.server.awaitQuiet();
        watcher.close();
        assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(101)));
        assertThat(setup.listener.states()).containsExactly(STARTING, RUNNING, PAUSED, RUNNING, STOPPING, STOPPED);
    }

    @Test
    void endsTheWaitForABatch() throws InterruptedException {
        start();
        setup.server.awaitQuiet();

        watcher.pause();

        assertThat(watcher.awaitPaused(SOON)).isTrue();
        watcher.close();
        assertThat(watcher.state()).isEqualTo(STOPPED);
        assertThat(setup.time.runningThreads()).isEmpty();
    }

    @Test
    void savesWhereItPauses() {
        MemoryStore store = MemoryStore.empty();
        setup.store(store).checkpoint(CheckpointPolicy.everyEvents(1_000));
        setup.server.opens().batch(insert(101), insert(102));
        pauseAt(101);
        start();

        store.awaitSaved(token(101));
        watcher.close();
    }

    @Test
    void endsTheWaitForTheNextAttemptAndTriesNoMore() throws InterruptedException {
        setup.time.holdWaits();
        setup.server.opens().fails(Errors.network());
        start();
        setup.time.awaitWaiting();
        assertThat(watcher.state()).isEqualTo(RECOVERING);

        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();
        assertThat(setup.server.opened()).hasSize(1);

        watcher.resume();
        setup.server.awaitQuiet();
        watcher.close();
        assertThat(setup.server.opened()).hasSize(2);
        assertThat(setup.listener.states()).startsWith(STARTING, RUNNING, RECOVERING, PAUSED, RUNNING);
    }

    @Test
    void letsGoOfAnEventBetweenTwoAttempts() throws InterruptedException {
        AtomicInteger attempts = new AtomicInteger();
        setup.whenHandlerFails(
                HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))));
        setup.time.holdWaits();
        setup.handler(event -> {
            if (attempts.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
            }
        });
        setup.server.opens().batch(insert(101));
        setup.server.opens().batch(insert(101));
        start();
        setup.time.awaitWaiting();

        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();
        assertThat(setup.handledTimes()).isEmpty();
        watcher.resume();
        setup.server.awaitQuiet();
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101);
    }

    @Test
    void betweenTwoAttemptsOfAGapLosesNothingMore() throws InterruptedException {
        AtomicInteger attempts = new AtomicInteger();
        setup.whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW)
                .whenHandlerFails(HandlerFailurePolicy.retry(
                        RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))));
        setup.time.holdWaits();
        setup.handler(event -> {
            if (event instanceof Gap && attempts.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
            }
        });
        setup.server.opens().batch(insert(101)).fails(Errors.command(286));
        setup.server.opens().at(highWater(200));
        setup.server.opens().at(highWater(200)).batch(insert(201));
        start();
        setup.time.awaitWaiting();

        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();
        watcher.resume();
        setup.server.awaitQuiet();
        watcher.close();

        assertThat(setup.server.opened())
                .containsExactly(StartPosition.now(), StartPosition.now(), StartPosition.after(highWater(200)));
        assertThat(setup.handledTimes()).containsExactly(101, 200, 201);
    }

    @Test
    void beforeTheStartHoldsTheFirstEventBack() throws InterruptedException {
        setup.server.opens().with(insert(101));
        setup.server.opens().batch(insert(101));
        watcher.pause();

        watcher.start();

        assertThat(watcher.awaitPaused(SOON)).isTrue();
        assertThat(setup.handledTimes()).isEmpty();
        watcher.resume();
        setup.server.awaitQuiet();
        watcher.close();
        assertThat(setup.handledTimes()).containsExactly(101);
    }

    /** Ended by that, the opening would look like a failure, and could not be told from one. */
    @Test
    void whileTheStreamIsOpenedForTheFirstTimeLetsItOpen() throws InterruptedException {
        setup.server.opens().whileOpening(() -> watcher.pause()).batch(insert(101));
        start();

        assertThat(watcher.awaitPaused(SOON)).isTrue();
        watcher.close();
        assertThat(setup.server.opened()).hasSize(1);
        assertThat(setup.listener.states()).containsExactly(STARTING, RUNNING, PAUSED, STOPPING, STOPPED);
    }

    @Test
    void twiceIsOnceAndAResumeWithoutAPauseIsNothing() throws InterruptedException {
        start();
        setup.server.awaitQuiet();
        watcher.resume();
        watcher.pause();
        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();

        watcher.resume();
        watcher.resume();
        eventually(() -> watcher.state() == RUNNING);
        watcher.close();
        watcher.pause();
        watcher.resume();

        assertThat(setup.server.opened()).hasSize(2);
        assertThat(watcher.state()).isEqualTo(STOPPED);
        assertThat(watcher.awaitPaused(SOON)).isFalse();
    }

    @Test
    void awaitedInAHandlerIsNotReached() throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        setup.server.opens().batch(insert(101));
        setup.handler(event -> {
            watcher.pause();
            if (!watcher.awaitPaused(Duration.ofDays(1))) {
                told.countDown();
            }
        });
        start();

        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(watcher.awaitPaused(SOON)).isTrue();
        watcher.close();
    }

    /** As often as the stream may be opened at once. */
    private void pauseAndResume(int times) throws Exception {
        for (int time = 0; time < times; time++) {
            watcher.pause();
            assertThat(watcher.awaitPaused(SOON)).isTrue();
            watcher.resume();
            watcher.awaitRunning(SOON);
        }
    }

    @Test
    void shortlyAfterAResumeIsReachedWhenNothingIsOpenedAnyMore() throws Exception {
        setup.time.holdWaits();
        start();
        setup.server.awaitQuiet();
        pauseAndResume(4);
        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();
        watcher.resume();
        setup.time.awaitWaiting(); // for its turn to open the stream, and its state is PAUSED until then

        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();
        watcher.close();
        assertThat(setup.server.opened()).hasSize(5);
    }

    @Test
    void isLeftByResumeAlsoWhereTheServerIsGone() throws InterruptedException {
        setup.server.opens();
        setup.server.refuses(Errors.network());
        start();
        setup.server.awaitQuiet();
        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();

        watcher.resume();

        eventually(() -> setup.listener.states().contains(RECOVERING));
        watcher.close();
        assertThat(setup.listener.states()).startsWith(STARTING, RUNNING, PAUSED, RECOVERING);
    }
}
