package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StartPosition;
import io.changewatch.StreamFailedException;
import io.changewatch.WatcherState;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.observe.WatcherListener.EventHandled;
import io.changewatch.observe.WatcherListener.Reconnected;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RecoveryTest {
    private final WatchSetup setup = new WatchSetup();

    @Test
    void waitsLongerAfterEachFailureInARow() throws InterruptedException {
        for (int i = 0; i < 9; i++) {
            setup.server.refuses(network());
        }
        setup.run();

        assertThat(setup.time.delays()).isEqualTo(millis(100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000));
    }

    @Test
    void drawsAPartOfTheDelay() throws InterruptedException {
        setup.retry(RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(10))
                .jitter(0.5));
        setup.time.drawAlways(0.5);
        setup.server.refuses(network()).refuses(network());
        setup.run();

        assertThat(setup.time.delays()).isEqualTo(millis(75, 150));
    }

    @Test
    void beginsAgainWithTheShortestDelayAfterABatch() throws InterruptedException {
        setup.server.refuses(network()).refuses(network());
        setup.server.opens().idle(highWater(101)).fails(network());
        setup.run();

        assertThat(setup.time.delays()).isEqualTo(millis(100, 200, 100));
        assertThat(setup.listener.all(Reconnected.class))
                .containsExactly(new Reconnected("orders", 2, Duration.ofMillis(300)));
    }

    @Test
    void anOpenedStreamIsNoProgress() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            setup.server.opens().fails(network());
        }
        setup.run();

        assertThat(setup.time.delays()).isEqualTo(millis(100, 200, 400, 800, 1_600));
        assertThat(setup.listener.all(Reconnected.class)).isEmpty();
    }

    @Test
    void aStreamThatOpensAndNeverDeliversIsOpenedNoOftenerThanThePolicyAllows() throws InterruptedException {
        setup.retry(RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(10))
                .maxElapsed(Duration.ofMinutes(10)));
        for (int i = 0; i < 200; i++) {
            setup.server.opens().fails(network());
        }

        assertThat(setup.runToFailure()).isInstanceOf(StreamFailedException.class);
        assertThat(setup.server.opened()).hasSizeLessThan(70);
    }

    @Test
    void aStreamTheServerEndsAtOnceIsNotOpenedInATightLoop() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            setup.server.opens().ends();
        }
        setup.run();

        assertThat(setup.time.delays()).isEqualTo(millis(100, 200, 400));
    }

    @Test
    void saysThatItRecoversUntilABatchArrives() throws InterruptedException {
        setup.server.opens().batch(insert(101)).fails(network());
        setup.server.opens().fails(network());
        setup.server.opens().batch(insert(102));
        setup.run();

        assertThat(setup.listener.states())
                .containsExactly(
                        WatcherState.STARTING,
                        WatcherState.RUNNING,
                        WatcherState.RECOVERING,
                        WatcherState.RUNNING,
                        WatcherState.STOPPING,
                        WatcherState.STOPPED);
    }

    @Test
    void readsOnBehindTheLastHandedOutEventWhateverIsCheckpointed() throws InterruptedException {
        MemoryStore store = MemoryStore.empty();
        setup.store(store).checkpoint(CheckpointPolicy.everyEvents(1_000));
        setup.server.opens().batch(insert(101), insert(102), insert(103)).fails(network());
        setup.server.opens().batch(insert(104));
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(103)));
        assertThat(setup.handledTimes()).containsExactly(101, 102, 103, 104);
        assertThat(store.tokens()).containsExactly(highWater(ScriptedSource.NOW), token(104));
    }

    @Test
    void readsOnAfterThePostBatchTokenOfAnIdleStream() throws InterruptedException {
        setup.server.opens().batch(insert(101)).idle(highWater(150)).fails(network());
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(highWater(150)));
    }

    @Test
    void readsOnAfterThePositionOfAnOpeningThatBroughtNothing() throws InterruptedException {
        setup.server.opens().at(highWater(90)).fails(network());
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(highWater(90)));
    }

    @Test
    void asksForNowAgainWhereNothingWasOpenYet() throws InterruptedException {
        setup.server.refuses(network());
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.now());
    }

    @Test
    void readsOnAfterTheLastEventWhereTheServerSendsNoPostBatchToken() throws InterruptedException {
        setup.server.opens().withoutPosition().batchUpTo(null, insert(101)).fails(network());
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(101)));
    }

    @Test
    void aCursorThatNobodyClosedIsOpenedAgain() throws InterruptedException {
        setup.server.opens().batch(insert(101)).fails(new CursorClosedException());
        setup.server.refuses(new CursorClosedException());
        setup.server.opens().batch(insert(102));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(101, 102);
    }

    @Test
    void countsWhatItDid() throws InterruptedException {
        setup.server.opens().batch(insert(101), insert(102)).fails(network());
        setup.server.opens().batch(insert(103));
        var stats = setup.run().stats();

        assertThat(stats.totalEvents()).isEqualTo(3);
        assertThat(stats.reconnects()).isEqualTo(1);
        assertThat(stats.batches()).isEqualTo(4);
        assertThat(stats.lastPosition()).hasValue(token(103));
        assertThat(setup.listener.all(EventHandled.class)).hasSize(3);
    }

    @Test
    void countsEachFailureOfAHandlerAlsoTheLast() throws InterruptedException {
        setup.whenHandlerFails(
                        HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofMillis(10), Duration.ofMillis(10))
                                        .maxAttempts(3))
                                .thenSkip())
                .handler(event -> {
                    throw new IllegalStateException("broken");
                });
        setup.server.opens().batch(insert(101));
        var stats = setup.run().stats();

        assertThat(stats.handlerFailures()).isEqualTo(3);
        assertThat(stats.skipped()).isEqualTo(1);
    }

    private static List<Duration> millis(long... delays) {
        return Arrays.stream(delays).mapToObj(Duration::ofMillis).toList();
    }
}
