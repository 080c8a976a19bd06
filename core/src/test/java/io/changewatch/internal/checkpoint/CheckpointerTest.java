package io.changewatch.internal.checkpoint;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.Unchecked.unchecked;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class CheckpointerTest {
    private static final int MAX_UNSAVED_EVENTS = 5;
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Fingerprint FINGERPRINT = new Fingerprint("shop.orders", "abc");
    private static final Instant NOW = Instant.parse("2026-05-01T10:00:00Z");

    private final AtomicLong nanos = new AtomicLong();
    private final GatedStore store = new GatedStore();
    private final Notices notices = new Notices();
    private CheckpointPolicy policy = CheckpointPolicy.everyEvents(3);
    private RetryPolicy retry = (failures, elapsed, random) -> Optional.of(Duration.ofMillis(1));
    private Thread thread;
    private Checkpointer checkpointer;

    @AfterEach
    void leavesNothingBehind() throws InterruptedException {
        store.fail(null);
        store.open();
        checkpointer.close(SOON);
        thread.join(SOON.toMillis());
        assertThat(thread.isAlive()).isFalse();
    }

    private void start() {
        start(null);
    }

    private void start(Position loaded) {
        make();
        checkpointer.start(Optional.ofNullable(loaded));
    }

    private void make() {
        checkpointer = new Checkpointer(
                new CheckpointSettings("orders", Optional.of(store), policy, retry, MAX_UNSAVED_EVENTS, FINGERPRINT),
                notices,
                nanos::get,
                () -> NOW,
                () -> 0,
                work -> thread = new Thread(work),
                new ReentrantLock());
    }

    private void handled(int... times) {
        for (int time : times) {
            movedTo(time, 1);
        }
    }

    private void movedTo(int time, int events) {
        Position position = position(time);
        checkpointer.handled(position.token(), position.clusterTime(), events, nanos.get());
    }

    private static Position position(int time) {
        ResumeToken token = new ResumeToken(new BsonDocument("_data", new BsonString(String.format("82%08X", time))));
        return new Position(token, new BsonTimestamp(time, 1));
    }

    @Nested
    class BesideATransaction {

        @Test
        void isHeldBackUntilTheTransactionHasEnded() throws InterruptedException {
            policy = CheckpointPolicy.everyEvent();
            start();
            checkpointer.hold();
            handled(1);
            eventually(() -> thread.getState() == Thread.State.WAITING);
            assertThat(store.saved).isEmpty();
            checkpointer.unhold();

            store.awaitSaved(1);
        }

        @Test
        void holdingWaitsForASaveInFlight() throws InterruptedException {
            policy = CheckpointPolicy.everyEvent();
            store.shut();
            start();
            handled(1);
            store.awaitEntered();
            Thread holding = new Thread(this::hold);
            holding.start();
            eventually(() -> holding.getState() == Thread.State.WAITING);
            store.open();
            holding.join(SOON.toMillis());

            assertThat(holding.isAlive()).isFalse();
            assertThat(store.times()).containsExactly(1);
        }

        private void hold() {
            try {
                checkpointer.hold();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Test
        void whatATransactionSavedIsNotSavedAgain() throws InterruptedException {
            policy = CheckpointPolicy.everyEvent();
            start();
            checkpointer.hold();
            checkpointer.committed(checkpointer.checkpoint(position(5)), 5, Duration.ZERO);
            movedTo(5, 5);
            assertThat(checkpointer.saved()).contains(position(5));
            assertThat(checkpointer.newest()).contains(position(5));
            assertThat(checkpointer.unsavedEvents()).isZero();
            movedTo(6, 1);

            store.awaitSaved(6);
            assertThat(store.times()).containsExactly(6);
        }

        @Test
        void aPositionBehindATransactionDoesNotCountItsEventsAsUnsaved() throws InterruptedException {
            start();
            checkpointer.hold();
            checkpointer.committed(checkpointer.checkpoint(position(5)), 50, Duration.ZERO);
            movedTo(5, 50);
            movedTo(6, 0);

            assertThat(checkpointer.unsavedEvents()).isZero();
            assertThat(checkpointer.hasRoom()).isTrue();
        }

        /** Reported after that, it would move the position back to it. */
        @Test
        void whatIsCommittedIsNotHandledBeforeItIsReported() throws InterruptedException {
            start();
            checkpointer.hold();
            checkpointer.committed(checkpointer.checkpoint(position(5)), 5, Duration.ZERO);
            assertThat(checkpointer.awaitHandled(position(5), Duration.ZERO)).isFalse();
            movedTo(5, 5);

            assertThat(checkpointer.awaitHandled(position(5), Duration.ZERO)).isTrue();
        }

        @Test
        void nothingIsSavedAtTheEndWhileTheOutcomeIsUnknown() throws InterruptedException {
            start();
            handled(1);
            checkpointer.hold();
            checkpointer.close(SOON);

            assertThat(store.saved).isEmpty();
            assertThat(checkpointer.failure()).isEmpty();
        }
    }

    @Nested
    class Saving {

        @Test
        void happensWhenThePolicySaysSo() {
            start();
            handled(1, 2);
            assertThat(store.saved).isEmpty();

            handled(3);
            eventually(() -> checkpointer.unsavedEvents() == 0);
            assertThat(store.saved)
                    .containsExactly(
                            new Checkpoint(position(3).token(), position(3).clusterTime(), NOW, FINGERPRINT, 0));
            assertThat(checkpointer.savedAt()).hasValue(NOW);
        }

        @Test
        void happensAfterAnInterval() {
            policy = CheckpointPolicy.every(Duration.ofSeconds(1));
            start();
            handled(1);
            nanos.set(Duration.ofSeconds(1).toNanos());
            handled(2);

            store.awaitSaved(2);
            assertThat(store.times()).containsExactly(2);
        }

        @Test
        void takesTheNewestPositionWhileTheStoreIsSlow() {
            policy = CheckpointPolicy.everyEvent();
            store.shut();
            start();
            handled(1);
            store.awaitEntered();
            handled(2, 3, 4);
            store.open();

            store.awaitSaved(4);
            assertThat(store.times()).containsExactly(1, 4);
        }

        @Test
        void anIdlePositionHappensAtTheLatestAfterTenSeconds() {
            start();
            movedTo(1, 0);
            nanos.set(Duration.ofSeconds(10).toNanos() - 1);
            movedTo(2, 0);
            nanos.set(Duration.ofSeconds(10).toNanos());
            movedTo(3, 0);

            store.awaitSaved(3);
            assertThat(store.times()).containsExactly(3);
        }

        @Test
        void doesNotRepeatWhatIsSaved() {
            policy = (events, time) -> true;
            start(position(5));
            movedTo(5, 0);
            checkpointer.close(SOON);

            assertThat(store.saved).isEmpty();
        }

        @Test
        void neverGoesBackwards() {
            policy = CheckpointPolicy.everyEvent();
            start(position(5));
            handled(4);
            checkpointer.close(SOON);

            assertThat(store.saved).isEmpty();
            assertThat(checkpointer.newest()).hasValue(position(5));
        }

        @Test
        void isTold() {
            start();
            handled(1, 2, 3);
            store.awaitSaved(3);
            checkpointer.close(SOON);

            assertThat(notices.saved).isEqualTo(store.saved);
        }
    }

    @Nested
    class Pinning {

        @Test
        void waitsUntilThePositionIsSaved() throws InterruptedException {
            start();

            assertThat(checkpointer.pin(position(1))).isTrue();
            assertThat(store.times()).containsExactly(1);
        }

        @Test
        void returnsWhenTheStoreFailsAndWaitsOnIfAsked() throws InterruptedException {
            store.fail(new StoreException("Out of order.", null));
            start();

            assertThat(checkpointer.pin(position(1))).isFalse();
            store.fail(null);
            checkpointer.awaitPinned();
            assertThat(store.times()).containsExactly(1);
        }

        @Test
        void throwsWhatEndedTheSaving() {
            StaleCheckpointException stale = new StaleCheckpointException("Another watcher is ahead.", null);
            store.fail(stale);
            start();

            assertThatThrownBy(() -> checkpointer.pin(position(1))).isSameAs(stale);
            assertThatThrownBy(checkpointer::throwIfFailed).isSameAs(stale);
        }
    }

    @Nested
    class Room {

        @Test
        void isNotTakenByEventsBehindWhatIsSaved() throws InterruptedException {
            policy = (events, time) -> false;
            start(position(9));
            handled(1, 2, 3, 4, 5);

            assertThat(checkpointer.hasRoom()).isTrue();
            assertThat(checkpointer.unsavedEvents()).isZero();
        }

        @Test
        void endsAtTheBoundAndComesBackWithASave() throws InterruptedException {
            policy = (events, time) -> false;
            start();
            handled(1, 2, 3, 4);
            assertThat(checkpointer.hasRoom()).isTrue();
            handled(5);
            assertThat(checkpointer.hasRoom()).isFalse();

            assertThat(checkpointer.awaitRoomUnlessFailing()).isTrue();
            assertThat(store.times()).containsExactly(5);
        }

        @Test
        void doesNotComeBackWhileTheStoreFails() throws InterruptedException {
            store.fail(new StoreException("Out of order.", null));
            start();
            handled(1, 2, 3, 4, 5);

            assertThat(checkpointer.awaitRoomUnlessFailing()).isFalse();
            store.fail(null);
            checkpointer.awaitRoom();
            assertThat(checkpointer.hasRoom()).isTrue();
        }

        @Test
        void isNotWaitedForOnceTheWatcherStops() throws InterruptedException {
            store.fail(new StoreException("Out of order.", null));
            start();
            handled(1, 2, 3, 4, 5);
            checkpointer.stopWaiting();

            checkpointer.awaitRoom();
            assertThat(checkpointer.hasRoom()).isFalse();
        }
    }

    @Test
    void aPolicyThatThrowsIsTheWatchersFailureNotItsCallers() {
        IllegalStateException failure = new IllegalStateException("a policy's bug");
        policy = (events, time) -> {
            throw failure;
        };
        start();
        handled(1, 2);

        assertThatThrownBy(checkpointer::throwIfFailed).isSameAs(failure);
    }

    @Nested
    class AFailingStore {

        @Test
        void isTriedAgainWithTheNewestPosition() {
            policy = CheckpointPolicy.everyEvent();
            store.fail(new StoreException("Out of order.", null));
            start();
            handled(1);
            eventually(() -> notices.failed.size() >= 2);
            handled(2);
            store.fail(null);

            store.awaitSaved(2);
            assertThat(store.times()).containsExactly(2);
        }

        @Test
        void isGivenUpByThePolicy() {
            retry = RetryPolicy.never();
            policy = CheckpointPolicy.everyEvent();
            store.fail(new StoreException("Out of order.", null));
            start();
            handled(1);
            eventually(() -> !thread.isAlive());

            assertThatThrownBy(checkpointer::throwIfFailed)
                    .isInstanceOf(StoreException.class)
                    .hasMessage("Cannot save the checkpoint of watcher 'orders': the retry policy gave up (failed "
                            + "attempts: 1), the last with: Out of order. Mend the store, or choose a retryStore(...) that tries "
                            + "longer.");
        }

        @Test
        void thatInterruptsItsThreadDoesNotEndTheSavingInSilence() {
            policy = CheckpointPolicy.everyEvent();
            store.interrupts = true;
            start();
            handled(1);
            eventually(() -> !thread.isAlive());

            assertThatThrownBy(checkpointer::throwIfFailed)
                    .isInstanceOf(StoreException.class)
                    .hasMessage(
                            "Cannot save the checkpoint of watcher 'orders': the thread that saves was interrupted, which "
                                    + "nobody but a store can have done. Mend the store, and start the watcher again.");
        }

        @Test
        void thatThrowsAnErrorEndsTheSaving() {
            AssertionError error = new AssertionError("a bug");
            policy = CheckpointPolicy.everyEvent();
            store.fail(error);
            start();
            handled(1);
            eventually(() -> !thread.isAlive());

            assertThatThrownBy(checkpointer::throwIfFailed).isSameAs(error);
        }
    }

    @Nested
    class Closing {

        @Test
        void savesTheNewestPosition() {
            start();
            handled(1, 2);
            checkpointer.close(SOON);

            assertThat(store.times()).containsExactly(2);
            assertThat(thread.isAlive()).isFalse();
        }

        @Test
        void happensOnce() {
            start();
            handled(1);
            checkpointer.close(SOON);
            checkpointer.close(SOON);

            assertThat(store.times()).containsExactly(1);
        }

        @Test
        void cutsAWaitForTheNextAttemptShort() {
            retry = (failures, elapsed, random) -> Optional.of(Duration.ofHours(1));
            store.fail(new StoreException("Out of order.", null));
            policy = CheckpointPolicy.everyEvent();
            start();
            handled(1);
            eventually(() -> notices.failed.size() == 1);
            store.fail(null);
            checkpointer.close(SOON);

            assertThat(store.times()).containsExactly(1);
        }

        @Test
        void givesUpOnAStoreThatHangs() throws InterruptedException {
            store.shut();
            start();
            handled(1);
            checkpointer.close(Duration.ofMillis(1));
            thread.join(SOON.toMillis());

            assertThat(thread.isAlive()).isFalse();
            assertThat(store.saved).isEmpty();
        }

        @Test
        void keepsTheInterruptOfItsCaller() {
            start();
            handled(1);
            Thread.currentThread().interrupt();
            checkpointer.close(SOON);

            assertThat(Thread.interrupted()).isTrue();
            assertThat(store.times()).containsExactly(1);
        }

        @Test
        void beforeTheStartEndsAtOnce() {
            make();
            checkpointer.close(SOON);

            assertThat(thread.getState()).isEqualTo(Thread.State.NEW);
        }
    }

    /** A store whose saves wait at a gate, or fail. */
    private static final class GatedStore implements ResumeTokenStore {
        private final List<Checkpoint> saved = new CopyOnWriteArrayList<>();
        private final CountDownLatch entered = new CountDownLatch(1);
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private volatile Throwable failure;
        private volatile boolean interrupts;

        private void shut() {
            gate = new CountDownLatch(1);
        }

        private void open() {
            gate.countDown();
        }

        private void fail(Throwable thrown) {
            failure = thrown;
        }

        private List<Integer> times() {
            return saved.stream()
                    .map(checkpoint -> checkpoint.clusterTime().getTime())
                    .toList();
        }

        private void awaitEntered() {
            eventually(() -> entered.getCount() == 0);
        }

        private void awaitSaved(int time) {
            eventually(() -> times().contains(time));
        }

        @Override
        public Optional<Checkpoint> load(String watcher) {
            return Optional.empty();
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {
            entered.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new StoreException("Interrupted.", e);
            }
            if (failure != null) {
                throw unchecked(failure);
            }
            saved.add(checkpoint);
            if (interrupts) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void delete(String watcher) {
            saved.clear();
        }
    }

    private static final class Notices implements WatcherListener {
        private final List<Checkpoint> saved = new CopyOnWriteArrayList<>();
        private final List<CheckpointFailed> failed = new CopyOnWriteArrayList<>();

        @Override
        public void checkpointSaved(CheckpointSaved notice) {
            saved.add(notice.checkpoint());
        }

        @Override
        public void checkpointFailed(CheckpointFailed notice) {
            failed.add(notice);
        }
    }
}
