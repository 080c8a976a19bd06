package io.changewatch.internal.engine;

import static io.changewatch.WatcherState.FAILED;
import static io.changewatch.WatcherState.NEW;
import static io.changewatch.WatcherState.PAUSED;
import static io.changewatch.WatcherState.RECOVERING;
import static io.changewatch.WatcherState.RUNNING;
import static io.changewatch.WatcherState.STANDBY;
import static io.changewatch.WatcherState.STARTING;
import static io.changewatch.WatcherState.STOPPED;
import static io.changewatch.WatcherState.STOPPING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.StateChanged;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class LifecycleTest {
    /** The whole table; an edge that is not here is illegal. */
    private static final Map<WatcherState, Set<WatcherState>> EDGES = Map.of(
            NEW, Set.of(STARTING, STOPPING, STOPPED),
            STARTING, Set.of(STANDBY, RUNNING, RECOVERING, STOPPING, FAILED),
            STANDBY, Set.of(STARTING, RECOVERING, STOPPING, FAILED),
            RUNNING, Set.of(STANDBY, RECOVERING, PAUSED, STOPPING, FAILED),
            RECOVERING, Set.of(STANDBY, RUNNING, PAUSED, STOPPING, FAILED),
            PAUSED, Set.of(STANDBY, RUNNING, RECOVERING, STOPPING, FAILED),
            STOPPING, Set.of(STOPPED, FAILED),
            STOPPED, Set.of(),
            FAILED, Set.of());

    private final RuntimeException failure = new IllegalStateException("broken");

    private final RecordingListener listener = new RecordingListener();
    private final Lifecycle lifecycle = new Lifecycle("orders", listener, new ReentrantLock());

    static Stream<Arguments> everyPair() {
        return Arrays.stream(WatcherState.values())
                .flatMap(from -> Arrays.stream(WatcherState.values()).map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void hasTheEdgesOfTheTableAndNoOther(WatcherState from, WatcherState to) {
        assertThat(from.canBecome(to)).isEqualTo(EDGES.get(from).contains(to));
    }

    @ParameterizedTest
    @EnumSource(names = "NEW", mode = EnumSource.Mode.EXCLUDE)
    void startsOnce(WatcherState state) {
        bringTo(state);

        assertThatThrownBy(lifecycle::starting)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Watcher 'orders' is " + state
                        + " and cannot become STARTING. A watcher starts once; build another " + "one to start again.");
        assertThat(lifecycle.state()).isEqualTo(state);
    }

    @ParameterizedTest
    @EnumSource(names = {"STARTING", "STANDBY", "RUNNING", "RECOVERING", "PAUSED"})
    void aWatcherThatIsToStopNeitherRunsNorRecovers(WatcherState state) {
        bringTo(state);
        lifecycle.requestStop();

        assertThatThrownBy(lifecycle::running).isInstanceOf(StoppedException.class);
        assertThatThrownBy(() -> lifecycle.recovering(failure)).isInstanceOf(StoppedException.class);
        assertThatThrownBy(lifecycle::throwIfStopRequested).isInstanceOf(StoppedException.class);
        assertThatThrownBy(lifecycle::throwIfCalled).isInstanceOf(StoppedException.class);
        assertThat(lifecycle.state()).isEqualTo(STOPPING);
    }

    @ParameterizedTest
    @EnumSource(names = {"STOPPED", "FAILED"})
    void theEndIsTheEnd(WatcherState state) {
        bringTo(state);

        assertThat(lifecycle.requestStop()).isFalse();
        assertThatThrownBy(() -> lifecycle.ended(Optional.of(failure))).isInstanceOf(IllegalStateException.class);
        assertThat(lifecycle.state()).isEqualTo(state);
    }

    @ParameterizedTest
    @EnumSource(names = {"STARTING", "STANDBY", "RUNNING", "RECOVERING", "PAUSED", "STOPPING"})
    void whatFailedKeepsItsCause(WatcherState state) {
        bringTo(state);
        lifecycle.ended(Optional.of(failure));

        assertThat(lifecycle.state()).isEqualTo(FAILED);
        assertThat(lifecycle.failure()).hasValue(failure);
        assertThat(lifecycle.isStopRequested()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"STARTING", "STANDBY", "RUNNING", "RECOVERING", "PAUSED", "STOPPING"})
    void whatEndsWithoutAFailureStopsByWayOfStopping(WatcherState state) {
        bringTo(state);
        lifecycle.ended(Optional.empty());

        assertThat(listener.states()).endsWith(STOPPING, STOPPED).containsOnlyOnce(STOPPING);
    }

    @Test
    void tellsChangesInTheirOrderWhoeverMakesThem() throws InterruptedException {
        List<WatcherState> told = new CopyOnWriteArrayList<>();
        CountDownLatch stopping = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Lifecycle slowlyTold = new Lifecycle(
                "orders",
                new WatcherListener() {
                    @Override
                    public void stateChanged(StateChanged notice) {
                        if (notice.to() == STOPPING) {
                            stopping.countDown();
                            awaitUninterruptibly(ended);
                        }
                        told.add(notice.to());
                    }
                },
                new ReentrantLock());
        slowlyTold.starting();
        Thread closing = new Thread(slowlyTold::requestStop);
        closing.start();
        stopping.await();
        slowlyTold.ended(Optional.empty());
        ended.countDown();
        closing.join();

        assertThat(told).containsExactly(STARTING, STOPPING, STOPPED);
    }

    @Test
    void aListenerMayCloseTheWatcher() {
        Lifecycle[] closed = new Lifecycle[1];
        RecordingListener told = new RecordingListener() {
            @Override
            public void stateChanged(StateChanged notice) {
                if (notice.to() == RUNNING) {
                    closed[0].requestStop();
                }
                super.stateChanged(notice);
            }
        };
        closed[0] = new Lifecycle("orders", told, new ReentrantLock());
        closed[0].starting();
        closed[0].running();

        assertThat(told.states()).containsExactly(STARTING, RUNNING, STOPPING);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aCallHoldsUntilItIsAnswered() throws InterruptedException {
        lifecycle.call();
        lifecycle.awaitCall();

        assertThatThrownBy(lifecycle::throwIfCalled).isInstanceOf(SteeredException.class);
        lifecycle.answer();
        assertThatCode(lifecycle::throwIfCalled).doesNotThrowAnyException();
    }

    @Test
    void nobodyAnswersAStop() {
        lifecycle.endPauses();
        lifecycle.answer();

        assertThatThrownBy(lifecycle::throwIfCalled).isInstanceOf(StoppedException.class);
    }

    @Test
    void whatWasNotStartedStopsAtOnce() {
        assertThat(lifecycle.requestStop()).isTrue();

        assertThat(lifecycle.state()).isEqualTo(STOPPED);
    }

    @Test
    void tellsEachChangeWithItsCause() {
        bringTo(RECOVERING);
        lifecycle.running();
        lifecycle.running();

        assertThat(listener.all(StateChanged.class))
                .containsExactly(
                        new StateChanged("orders", NEW, STARTING, Optional.empty()),
                        new StateChanged("orders", STARTING, RECOVERING, Optional.of(failure)),
                        new StateChanged("orders", RECOVERING, RUNNING, Optional.empty()));
    }

    @Test
    void aWaitForAStateEndsWithItsTimeout() throws InterruptedException {
        assertThat(lifecycle.await(state -> state == RUNNING, Duration.ofNanos(1)))
                .isEmpty();
        assertThat(lifecycle.await(state -> state == NEW, Duration.ofSeconds(Long.MAX_VALUE)))
                .hasValue(NEW);
    }

    private void bringTo(WatcherState state) {
        Map<WatcherState, List<WatcherState>> ways = Map.of(
                NEW, List.of(),
                STARTING, List.of(STARTING),
                STANDBY, List.of(STARTING, STANDBY),
                RUNNING, List.of(STARTING, RUNNING),
                RECOVERING, List.of(STARTING, RECOVERING),
                PAUSED, List.of(STARTING, RUNNING, PAUSED),
                STOPPING, List.of(STARTING, STOPPING),
                STOPPED, List.of(STARTING, STOPPING, STOPPED),
                FAILED, List.of(STARTING, FAILED));
        ways.get(state).forEach(this::step);
    }

    private void step(WatcherState to) {
        switch (to) {
            case STARTING -> lifecycle.starting();
            case STANDBY -> lifecycle.standby();
            case RUNNING -> lifecycle.running();
            case RECOVERING -> lifecycle.recovering(failure);
            case PAUSED -> lifecycle.paused();
            case STOPPING -> lifecycle.requestStop();
            case STOPPED -> lifecycle.ended(Optional.empty());
            case FAILED -> lifecycle.ended(Optional.of(failure));
            case NEW -> throw new IllegalArgumentException("Nothing becomes NEW.");
        }
    }
}
