package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.invalidate;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.HistoryLostPolicy;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener.Reconnecting;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** However a stream breaks, and whatever the policy says, it is opened five times at once and then twice a second. */
final class ResumeRateTest {
    private static final RetryPolicy AT_ONCE = (failures, elapsed, random) -> Optional.of(Duration.ZERO);
    private static final int STREAMS = 40;
    /** 40 streams that break, and the quiet one after them, of which the first five cost no time. */
    private static final Duration SLOWEST = ResumeRate.INTERVAL.multipliedBy(STREAMS + 1 - ResumeRate.BURST);

    private final WatchSetup setup = new WatchSetup().retry(AT_ONCE);

    @Test
    void boundsAStreamThatOpensAndFails() throws InterruptedException {
        for (int i = 0; i < STREAMS; i++) {
            setup.server.opens().fails(network());
        }
        setup.run();

        expectNoStorm();
    }

    @Test
    void boundsAStreamThatFailsToOpen() throws InterruptedException {
        for (int i = 0; i < STREAMS; i++) {
            setup.server.refuses(network());
        }
        setup.run();

        expectNoStorm();
    }

    @Test
    void boundsAStreamThatBringsAnEmptyBatchAndFails() throws InterruptedException {
        setup.retry(RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(10)));
        for (int i = 0; i < STREAMS; i++) {
            setup.server.opens().idle(highWater(101 + i)).fails(network());
        }
        setup.run();

        expectNoStorm();
    }

    @Test
    void boundsAStreamThatBringsAnEventAndFails() throws InterruptedException {
        for (int i = 0; i < STREAMS; i++) {
            setup.server.opens().batch(insert(101 + i)).fails(network());
        }
        setup.run();

        assertThat(setup.handledTimes()).hasSize(STREAMS).isSorted();
        expectNoStorm();
    }

    @Test
    void boundsAStreamThatIsInvalidatedAgainAndAgain() throws InterruptedException {
        for (int i = 0; i < STREAMS; i++) {
            setup.server.opens().batch(invalidate(101 + i)).ends();
        }
        setup.run();

        expectNoStorm();
    }

    @Test
    void boundsAHistoryThatIsLostAgainAndAgain() throws InterruptedException {
        setup.whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW);
        for (int i = 0; i < STREAMS; i++) {
            setup.server.opens().at(highWater(101 + i)).fails(Errors.command(286));
        }
        setup.run();

        expectNoStorm();
    }

    @Test
    void tellsTheDelayThatIsReallyWaited() throws InterruptedException {
        for (int i = 0; i < 6; i++) {
            setup.server.refuses(network());
        }
        setup.run();

        Duration none = Duration.ZERO;
        assertThat(setup.listener.all(Reconnecting.class))
                .extracting(Reconnecting::delay)
                .containsExactly(none, none, none, none, ResumeRate.INTERVAL, ResumeRate.INTERVAL);
    }

    @Test
    void leavesALongerDelayOfThePolicyAsItIs() throws InterruptedException {
        Duration slow = Duration.ofSeconds(3);
        setup.retry((failures, elapsed, random) -> Optional.of(slow));
        for (int i = 0; i < 10; i++) {
            setup.server.refuses(network());
        }
        setup.run();

        assertThat(setup.time.delays()).hasSize(10).containsOnly(slow);
    }

    @Test
    void allowsTheBurstAgainAfterAQuietTime() throws InterruptedException {
        for (int i = 0; i < 2; i++) {
            for (int stream = 0; stream < ResumeRate.BURST - 1; stream++) {
                setup.server.refuses(network());
            }
            setup.server
                    .opens()
                    .then(() -> setup.time.advance(Duration.ofMinutes(1)))
                    .fails(network());
        }
        setup.run();

        assertThat(setup.time.delays()).containsOnly(Duration.ZERO);
    }

    @Test
    void aStopEndsTheWait() throws InterruptedException {
        for (int i = 0; i < STREAMS; i++) {
            setup.server.opens().batch(invalidate(101 + i)).ends();
        }
        setup.time.holdWaits();
        WatcherEngine<?> watcher = setup.start();
        setup.time.awaitWaiting();
        watcher.close();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(setup.server.opened()).hasSize(ResumeRate.BURST);
    }

    private void expectNoStorm() {
        assertThat(setup.server.opened()).hasSize(STREAMS + 1);
        assertThat(sum(setup.time.delays())).isGreaterThanOrEqualTo(SLOWEST);
    }

    private static Duration sum(List<Duration> delays) {
        return delays.stream().reduce(Duration.ZERO, Duration::plus);
    }
}
