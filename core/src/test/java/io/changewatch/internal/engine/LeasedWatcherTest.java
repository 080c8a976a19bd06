package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static io.changewatch.internal.engine.WatchSetup.FINGERPRINT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.ConfigurationException;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StartPosition;
import io.changewatch.StreamFailedException;
import io.changewatch.WatcherState;
import io.changewatch.internal.deliver.SequentialDeliverer;
import io.changewatch.lease.LeaseException;
import io.changewatch.lease.LeaseLostException;
import io.changewatch.observe.WatcherActivity;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.HandlerRetried;
import io.changewatch.observe.WatcherListener.LeaseAcquired;
import io.changewatch.observe.WatcherListener.LeaseLost;
import io.changewatch.observe.WatcherListener.StandingBy;
import io.changewatch.observe.WatcherStats.LeaseHolder;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.retry.RetryPolicy;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A watcher with a lease, on a scripted lease and server, with time that passes when a test says so. */
@Timeout(20)
final class LeasedWatcherTest {
    private static final Duration ONE_LOOK = Duration.ofMillis(500);
    private static final Duration ONE_RENEWAL = Duration.ofSeconds(5);
    private static final Duration TOO_LONG = Duration.ofSeconds(14);

    private final ScriptedLease lease = new ScriptedLease();
    private final PassingTime time = new PassingTime();
    private final MemoryStore store = MemoryStore.holding(checkpoint(5, 0));
    private final WatchSetup setup = new WatchSetup().store(store);
    private LeasedWatcher<BsonDocument> watcher = watcher();

    private LeasedWatcher<BsonDocument> watcher() {
        WatcherSettings<BsonDocument> settings = setup.settings();
        return new LeasedWatcher<>(
                settings,
                new LeaseSettings(lease, "me"),
                setup.server,
                (failures, progress, stop) -> new SequentialDeliverer<>(settings.handlers(), failures, progress),
                time);
    }

    /** Another one, before either is started. */
    private LeasedWatcher<BsonDocument> afterOption(WatchSetup changed) {
        assertThat(changed).isSameAs(setup);
        watcher.close();
        return watcher();
    }

    private static Checkpoint checkpoint(int seconds, long term) {
        return new Checkpoint(token(seconds), time(seconds), ManualSurroundings.BEGIN, FINGERPRINT, term);
    }

    @AfterEach
    void close() {
        watcher.close();
    }

    private void awaitState(WatcherState state) {
        eventually(() -> watcher.state() == state);
    }

    @Test
    void watchesAtOnceWhereNobodyElseDoes() throws InterruptedException {
        setup.server.opens().batch(insert(6), insert(7));

        watcher.start();
        setup.server.awaitQuiet();

        assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        assertThat(setup.listener.states()).containsExactly(WatcherState.STARTING, WatcherState.RUNNING);
        assertThat(setup.listener.all(LeaseAcquired.class))
                .containsExactly(new LeaseAcquired("orders", "me", 1, Optional.empty()));
        assertThat(setup.handledTimes()).containsExactly(6, 7);
        assertThat(watcher.stats().lease()).hasValue(new LeaseHolder("me", 1, true));
    }

    @Test
    void warnsOfAStoreThatOtherMachinesDoNotShare() {
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            watcher = afterOption(setup.store(new ForwardingStore(store) {
                @Override
                public boolean isShared() {
                    return false;
                }
            }));
            watcher.start();
            watcher.close();
        } finally {
            System.setErr(before);
        }

        assertThat(log.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce(
                        "keeps checkpoints on this machine only. An instance that takes over on another one does not");
    }

    @Test
    void putsItsTermIntoEveryCheckpoint() throws InterruptedException {
        setup.server.opens().batch(insert(6));

        watcher.start();
        setup.server.awaitQuiet();
        watcher.close();

        assertThat(store.saved().subList(1, store.saved().size()))
                .hasSizeGreaterThanOrEqualTo(2)
                .extracting(Checkpoint::term)
                .containsOnly(1L);
        assertThat(store.token()).hasValue(token(6));
    }

    @Test
    void putsItsTermIntoTheStoreBeforeItHandsOut() {
        List<Checkpoint> atFirst = new CopyOnWriteArrayList<>();
        setup.server.opens().then(() -> atFirst.addAll(store.saved())).batch(insert(6));

        watcher.start();
        eventually(() -> setup.handledTimes().equals(List.of(6)));

        assertThat(atFirst).containsExactly(checkpoint(5, 0), checkpoint(5, 1));
        assertThat(setup.server.opened()).containsExactly(StartPosition.after(token(5)));
    }

    @Test
    void standsByWithoutAStreamWhileAnotherOneHasTheLease() {
        lease.takenBy("other");

        watcher.start();

        assertThat(watcher.state()).isEqualTo(WatcherState.STANDBY);
        assertThat(setup.server.settings()).isEmpty();
        eventually(() -> setup.listener.all(StandingBy.class).equals(List.of(new StandingBy("orders", "other", 1))));
        assertThat(watcher.stats().lease()).hasValue(new LeaseHolder("other", 1, false));
        assertThatThrownBy(() -> watcher.awaitRunning(Duration.ofNanos(1)))
                .isInstanceOf(TimeoutException.class)
                .hasMessage(
                        "Watcher 'orders' is STANDBY and was not running within PT0.000000001S: other has the lease, in"
                                + " term 1, and this one takes over when that is closed or does not renew it.");
    }

    @Test
    void tellsEachNewHolder() {
        lease.takenBy("other");
        watcher.start();
        time.pass(ONE_LOOK);
        eventually(() -> lease.count("refuse") >= 2);
        assertThatThrownBy(watcher::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Watcher 'orders' is STANDBY and cannot become STARTING. A watcher starts once; build another one to"
                                + " start again.");

        lease.takenBy("third");
        time.pass(ONE_LOOK);

        eventually(() -> setup.listener.all(StandingBy.class).size() == 2);
        assertThat(setup.listener.all(StandingBy.class))
                .containsExactly(new StandingBy("orders", "other", 1), new StandingBy("orders", "third", 2));
    }

    @Test
    void takesOverWhereTheOtherOneEnded() throws Exception {
        setup.server.opens().batch(insert(10));
        lease.takenBy("other");
        watcher.start();

        store.save("orders", checkpoint(9, 1));
        lease.free();
        time.pass(ONE_LOOK);
        watcher.awaitRunning(Duration.ofSeconds(10));
        setup.server.awaitQuiet();

        assertThat(setup.server.opened()).containsExactly(StartPosition.after(token(9)));
        assertThat(setup.handledTimes()).containsExactly(10);
        assertThat(setup.listener.states())
                .containsExactly(
                        WatcherState.STARTING, WatcherState.STANDBY, WatcherState.STARTING, WatcherState.RUNNING);
    }

    @Test
    void renewsThreeTimesInATimeToLive() throws InterruptedException {
        watcher.start();
        setup.server.awaitQuiet();

        for (int renewals = 1; renewals <= 6; renewals++) {
            time.pass(ONE_RENEWAL);
            int expected = renewals;
            eventually(() -> lease.count("renew 1") == expected);
        }

        assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        assertThat(setup.listener.all(LeaseLost.class)).isEmpty();
    }

    /** As a process that is stopped inside of a handler, and continued when its time is over. */
    @Test
    void handsOutAndSavesNothingWhenItsTimeIsOver() {
        setup.server.opens().batch(insert(6), insert(7));
        lease.breaksDown(true);
        setup.handler(event -> {
            if (event.clusterTime().getTime() == 6) {
                lease.takenBy("other");
                time.pass(TOO_LONG);
            }
        });

        watcher.start();

        eventually(() -> !setup.listener.all(StandingBy.class).isEmpty());
        assertThat(setup.handledTimes()).containsExactly(6);
        assertThat(store.saved()).containsExactly(checkpoint(5, 0), checkpoint(5, 1));
        assertThat(setup.server.isAllClosed()).isTrue();
        assertThat(setup.listener.all(LeaseLost.class)).hasSize(1);
    }

    @Test
    void standsByWhenTheLeaseCannotBeRenewedInTime() throws InterruptedException {
        watcher.start();
        setup.server.awaitQuiet();
        lease.breaksDown(true);
        lease.takenBy("other");

        time.pass(TOO_LONG);

        awaitState(WatcherState.STANDBY);
        assertThat(setup.server.isAllClosed()).isTrue();
        LeaseLost lost = setup.listener.all(LeaseLost.class).get(0);
        assertThat(lost.term()).isEqualTo(1);
        assertThat(lost.cause())
                .isInstanceOf(LeaseLostException.class)
                .hasMessageStartingWith("Watcher 'orders' has not renewed its lease of term 1 in time")
                .hasMessageEndingWith(". It hands out nothing more and asks for the lease again.");
        assertThat(setup.listener.states()).endsWith(WatcherState.RECOVERING, WatcherState.STANDBY);
    }

    @Test
    void isNotBusyWithAnEventOfTheTermBefore() throws Exception {
        watcher = afterOption(setup.whenHandlerFails(
                        HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofHours(1), Duration.ofHours(1))))
                .handler(event -> {
                    throw new IllegalStateException("bad order");
                }));
        setup.server.opens().batch(insert(6));
        watcher.start();
        eventually(() -> !setup.listener.all(HandlerRetried.class).isEmpty());
        lease.takenBy("other");
        time.pass(ONE_RENEWAL);
        awaitState(WatcherState.STANDBY);

        lease.free();
        time.pass(ONE_LOOK);
        eventually(() -> setup.listener.all(LeaseAcquired.class).size() == 2);
        watcher.awaitRunning(Duration.ofSeconds(10));

        assertThat(watcher.stats().activity()).isEqualTo(WatcherActivity.IDLE);
    }

    @Test
    void isNotPausedByATermThatBeginsWhileItIsResumed() {
        watcher = afterOption(setup.listener(new WatcherListener() {
            @Override
            public void leaseAcquired(LeaseAcquired notice) {
                time.beforeNextLock(watcher::resume);
            }
        }));
        setup.server.opens().batch(insert(6));
        lease.takenBy("other");
        watcher.start();
        watcher.pause();
        lease.free();
        time.pass(ONE_LOOK);

        eventually(() -> setup.handledTimes().equals(List.of(6)));
        assertThat(setup.listener.states()).doesNotContain(WatcherState.PAUSED);
    }

    @Test
    void isPausedThoughATermBeginsWhileItIsResumedAndPausedAgain() throws InterruptedException {
        watcher = afterOption(setup.listener(new WatcherListener() {
            @Override
            public void leaseAcquired(LeaseAcquired notice) {
                time.beforeNextLock(() -> {
                    watcher.resume();
                    time.beforeNextLock(watcher::pause);
                });
            }
        }));
        setup.server.opens().batch(insert(6));
        lease.takenBy("other");
        watcher.start();
        watcher.pause();
        lease.free();
        time.pass(ONE_LOOK);

        assertThat(watcher.awaitPaused(Duration.ofSeconds(10))).isTrue();
        assertThat(setup.handled).isEmpty();
    }

    @Test
    void failsWhereTheMachineRefusesTheThreadThatWatches() {
        OutOfMemoryError refusal = new OutOfMemoryError("unable to create native thread");
        time.refusesToStart("changewatch-orders", refusal);
        watcher = watcher();

        assertThatThrownBy(watcher::start)
                .isInstanceOf(StreamFailedException.class)
                .hasCause(refusal);
        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(setup.server.isClosed()).isTrue();
    }

    @Test
    void bearsARenewalThatFails() throws InterruptedException {
        watcher.start();
        setup.server.awaitQuiet();
        lease.fails(new LeaseException("The server is gone.", null));

        time.pass(ONE_RENEWAL);
        time.pass(ONE_LOOK);
        eventually(() -> lease.count("renew 1") == 1);

        assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
    }

    @Test
    void standsByWhenAnotherOneHasTakenTheLease() throws InterruptedException {
        watcher.start();
        setup.server.awaitQuiet();
        lease.takenBy("other");

        time.pass(ONE_RENEWAL);

        awaitState(WatcherState.STANDBY);
        assertThat(lease.count("release")).isZero();
        assertThat(setup.listener.all(LeaseLost.class))
                .extracting(lost -> lost.cause().getMessage())
                .containsExactly(
                        "Watcher 'orders' has its lease of term 1 no more: another instance has taken it, or it was"
                                + " deleted.");
    }

    @Test
    void watchesAgainInAHigherTermAndGoesOnCounting() throws Exception {
        setup.server.opens().batch(insert(6));
        setup.server.opens().batch(insert(7));
        watcher.start();
        eventually(() -> store.token().equals(Optional.of(token(6))));
        lease.takenBy("other");
        time.pass(ONE_RENEWAL);
        awaitState(WatcherState.STANDBY);

        lease.free();
        time.pass(ONE_LOOK);
        eventually(() -> setup.handledTimes().equals(List.of(6, 7)));
        watcher.awaitRunning(Duration.ofSeconds(10));
        watcher.close();

        assertThat(store.last().map(Checkpoint::term)).hasValue(3L);
        assertThat(watcher.stats().totalEvents()).isEqualTo(2);
        assertThat(setup.server.isClosed()).isTrue();
    }

    static List<RuntimeException> refusals() {
        return List.of(
                new StaleCheckpointException("another one is ahead", null),
                new StoreLockedException("another one has taken over", null));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void standsByWhenTheStoreRefusesItsTerm(RuntimeException refusal) throws InterruptedException {
        watcher = afterOption(setup.maxUnsavedEvents(1));
        setup.server.opens().then(() -> store.failsToSave(refusal)).batch(insert(6), insert(7));

        watcher.start();

        eventually(() -> !setup.listener.all(LeaseLost.class).isEmpty());
        awaitState(WatcherState.STANDBY);
        assertThat(setup.listener.all(LeaseLost.class).get(0).cause())
                .hasMessage("The store refuses watcher 'orders' in term 1 of its lease: " + refusal.getMessage())
                .hasCause(refusal);
        assertThat(lease.calls()).containsExactly("grant 1", "release 1");
        time.pass(ONE_RENEWAL);
        eventually(() -> lease.count("grant 2") == 1);
    }

    @Test
    void asksForATermAboveThatOfTheCheckpoint() throws Exception {
        store.save("orders", checkpoint(6, 41));

        watcher.start();
        time.pass(ONE_LOOK);
        watcher.awaitRunning(Duration.ofSeconds(10));

        assertThat(lease.calls()).containsExactly("grant 1", "release 1", "grant 42");
        assertThat(store.last()).hasValue(checkpoint(6, 42));
    }

    @Test
    void givesTheLeaseBackWhenEverythingIsSaved() throws InterruptedException {
        watcher = afterOption(setup.checkpoint((events, since) -> false));
        setup.server.opens().batch(insert(6));
        watcher.start();
        setup.server.awaitQuiet();

        watcher.close();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(lease.calls()).containsExactly("grant 1", "release 1");
        assertThat(store.token()).hasValue(token(6));
        assertThat(store.isReleased()).isTrue();
    }

    @Test
    void endsAtOnceInStandby() {
        lease.takenBy("other");
        watcher.start();

        assertThat(watcher.close(Duration.ofSeconds(10))).isTrue();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(lease.count("release")).isZero();
        assertThat(setup.server.isClosed()).isTrue();
    }

    @Test
    void canBeClosedByItsHandler() throws InterruptedException {
        setup.handler(event -> assertThat(watcher.close(Duration.ofSeconds(10))).isFalse());
        setup.server.opens().batch(insert(6), insert(7));

        watcher.start();

        assertThat(watcher.awaitTermination(Duration.ofSeconds(10))).isTrue();
        assertThat(setup.handledTimes()).containsExactly(6);
        assertThat(lease.calls()).containsExactly("grant 1", "release 1");
    }

    @Test
    void isClosedBeforeItIsStarted() {
        watcher.close();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThatThrownBy(watcher::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void letsAnotherOneTryWhenItsHandlerFails() throws InterruptedException {
        setup.handler(event -> {
            throw new IllegalStateException("bad order");
        });
        setup.server.opens().batch(insert(6));

        watcher.start();

        assertThat(watcher.awaitTermination(Duration.ofSeconds(10))).isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(watcher.failure()).containsInstanceOf(HandlerFailedException.class);
        assertThat(lease.calls()).containsExactly("grant 1", "release 1");
    }

    @Test
    void goesOnAskingWhereNobodyCanTell() throws Exception {
        LeaseException failure = new LeaseException("The server is gone.", null);
        lease.fails(failure);

        watcher.start();

        assertThat(watcher.state()).isEqualTo(WatcherState.RECOVERING);
        assertThatThrownBy(() -> watcher.awaitRunning(Duration.ofNanos(1)))
                .isInstanceOf(TimeoutException.class)
                .hasCause(failure);
        time.pass(ONE_LOOK);
        watcher.awaitRunning(Duration.ofSeconds(10));
    }

    @Test
    void failsWhereTheLeaseIsSetUpWrongly() {
        ConfigurationException refusal = new ConfigurationException("The user may not update there.", null);
        lease.fails(refusal);

        assertThatThrownBy(watcher::start).isSameAs(refusal);

        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(setup.server.isClosed()).isTrue();
    }

    @Test
    void endsAlthoughTheLeaseCannotBeGivenBack() throws InterruptedException {
        watcher.start();
        setup.server.awaitQuiet();
        lease.fails(new LeaseException("The server is gone.", null));

        assertThat(watcher.close(Duration.ofSeconds(10))).isTrue();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
    }

    @Test
    void refusesTheCheckpointOfALeaseWithoutOne() throws InterruptedException {
        store.save("orders", checkpoint(6, 41));

        assertThat(setup.runToFailure())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'orders' cannot start: its checkpoint was saved under a lease, in term 41, and this watcher"
                                + " has none, so the store would refuse what it saves. Add onlyOneActive(...), or give it another"
                                + " name(...) and let it startFrom(...) a position.");
    }
}
