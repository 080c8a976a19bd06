package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ChangeWatcher;
import io.changewatch.internal.source.OplogHiddenException;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.observe.Headroom;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.HeadroomLow;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

/** A watcher that stands at second 10,000, and an oplog that a test moves along. */
final class HeadroomTest {
    private static final int HERE = 10_000;
    private static final int NEWEST = 20_000;

    private final WatchSetup setup = new WatchSetup();
    private final ScriptedOplog oplog = new ScriptedOplog();

    @Test
    void isTheTimeFromTheOldestEntryToTheHandledPosition() throws InterruptedException {
        oplog.answers(4_000);
        ChangeWatcher watcher = run(Duration.ofHours(1));

        assertThat(watcher.stats().headroom())
                .contains(new Headroom(
                        Duration.ofSeconds(6_000),
                        Duration.ofSeconds(16_000),
                        time(HERE),
                        false,
                        ManualSurroundings.BEGIN));
        assertThat(watcher.stats().headroomUnknown()).isEmpty();
        assertThat(setup.listener.all(HeadroomLow.class)).isEmpty();
    }

    @Test
    void isMeasuredFromTheSavedPositionWhereThereIsAStore() throws InterruptedException {
        MemoryStore store = MemoryStore.holding(WatchSetup.checkpoint(token(5_000), time(5_000)));
        store.breakDown();
        setup.store(store);
        oplog.answers(4_000);
        ChangeWatcher watcher = run(Duration.ofHours(1));

        assertThat(watcher.stats().headroom()).hasValueSatisfying(headroom -> {
            assertThat(headroom.position()).isEqualTo(time(5_000));
            assertThat(headroom.remaining()).isEqualTo(Duration.ofSeconds(1_000));
        });
    }

    @Test
    void isZeroWhereThePositionHasFallenOff() throws InterruptedException {
        oplog.answers(HERE + 1);
        ChangeWatcher watcher = run(Duration.ofHours(1));

        assertThat(watcher.stats().headroom())
                .hasValueSatisfying(headroom -> assertThat(headroom.remaining()).isZero());
    }

    @Test
    void tellsEachThresholdOnceAndTheLowestOfSeveral() throws InterruptedException {
        oplog.answers(HERE - 100, HERE - 59, HERE - 58, HERE - 9, HERE - 8);
        run(seconds(60), seconds(20), seconds(10));

        assertThat(told()).containsExactly(seconds(60), seconds(10));
        assertThat(setup.listener.all(HeadroomLow.class).get(1).headroom().remaining())
                .isEqualTo(seconds(9));
    }

    @Test
    void tellsAThresholdAgainOnlyAfterAClearRecovery() throws InterruptedException {
        oplog.answers(HERE - 59, HERE - 61, HERE - 59, HERE - 72, HERE - 59, HERE - 73, HERE - 59);
        run(seconds(60));

        assertThat(told()).containsExactly(seconds(60), seconds(60));
    }

    @Test
    void tellsNothingOfAnOplogThatHasNotLostItsFirstEntry() throws InterruptedException {
        oplog.add(CompletableFuture.completedFuture(new OplogWindow.Reading(time(HERE - 5), time(NEWEST), true)));
        ChangeWatcher watcher = run(seconds(60));

        assertThat(told()).isEmpty();
        assertThat(watcher.stats().headroom())
                .hasValueSatisfying(headroom -> assertThat(headroom.growing()).isTrue());
    }

    @Test
    void looksOftenerTheLessIsLeft() throws InterruptedException {
        oplog.answers(1, HERE - 301, HERE - 299, HERE - 100, HERE - 10, HERE - 2);
        run(seconds(60));

        assertThat(setup.time.delays().stream().map(Duration::toMillis).limit(6))
                .containsExactly(30_000L, 30_000L, 29_900L, 10_000L, 1_000L, 1_000L);
    }

    @Test
    void saysOnceThatAPrivilegeIsMissingAndLooksSeldom() throws InterruptedException {
        oplog.fails(Errors.command(13, "Unauthorized"));
        oplog.fails(Errors.command(13, "Unauthorized"));
        ChangeWatcher watcher = run(seconds(60));

        assertThat(watcher.stats().headroom()).isEmpty();
        assertThat(watcher.stats().headroomUnknown())
                .hasValue(
                        "the server does not let this user read local.oplog.rs (error 13 Unauthorized). Grant find on it, for"
                                + " example with the role clusterMonitor, or switch this off with headroomThresholds().");
        assertThat(setup.time.delays()).startsWith(Duration.ofMinutes(10), Duration.ofMinutes(10));
    }

    @Test
    void isUnknownWhereThereIsNoOplogToBeSeen() throws InterruptedException {
        oplog.fails(new OplogHiddenException("a mongos does not show the oplogs of its shards"));
        ChangeWatcher watcher = run(seconds(60));

        assertThat(watcher.stats().headroomUnknown())
                .hasValue("a mongos does not show the oplogs of its shards. Watch the oplog's window on the server.");
    }

    @Test
    void isKnownAgainWhenThePrivilegeIsGranted() throws InterruptedException {
        oplog.fails(Errors.command(13, "Unauthorized"));
        oplog.answers(4_000);
        ChangeWatcher watcher = run(seconds(60));

        assertThat(watcher.stats().headroom()).isPresent();
        assertThat(watcher.stats().headroomUnknown()).isEmpty();
    }

    @Test
    void keepsTheLastFigureWhileTheServerIsNotReached() throws InterruptedException {
        oplog.answers(4_000);
        oplog.fails(Errors.network());
        ChangeWatcher watcher = run(seconds(60));

        assertThat(watcher.stats().headroom()).isPresent();
        assertThat(watcher.stats().headroomUnknown()).isEmpty();
    }

    @Test
    void looksAgainSoonUntilThereIsSomethingToShow() throws InterruptedException {
        oplog.fails(Errors.network());
        oplog.answers(1);
        run(seconds(60));

        assertThat(setup.time.delays()).startsWith(seconds(1), seconds(30));
    }

    @Test
    void isNotMeasuredWithoutAThreshold() throws InterruptedException {
        ChangeWatcher watcher = run();

        assertThat(oplog.looks).hasValue(0);
        assertThat(watcher.stats().headroom()).isEmpty();
        assertThat(setup.time.threads()).hasSize(1);
    }

    @Test
    void isMeasuredWhileAHandlerDoesNotReturn() throws InterruptedException {
        CountDownLatch let = new CountDownLatch(1);
        setup.handler(event -> let.await());
        setup.headroomThresholds(seconds(60))
                .server
                .showsOplog(oplog)
                .opens()
                .at(highWater(HERE - 1))
                .batch(insert(HERE), insert(HERE + 1));
        oplog.answers(4_000, 5_000);
        ChangeWatcher watcher = setup.start();
        eventually(oplog.exhausted::isDone);
        let.countDown();
        watcher.close();

        assertThat(watcher.stats().headroom()).isPresent();
    }

    @Test
    void leavesNoThreadBehind() throws InterruptedException {
        oplog.answers(4_000);
        run(seconds(60));

        assertThat(setup.time.threads()).extracting(Thread::getName).contains("changewatch-orders-headroom");
        assertThat(setup.time.runningThreads()).isEmpty();
    }

    @Test
    void aListenerThatClosesTheWatcherDoesNotWaitForItself() throws InterruptedException {
        AtomicReference<WatcherEngine<BsonDocument>> watcher = new AtomicReference<>();
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        setup.listener(new WatcherListener() {
            @Override
            public void headroomLow(HeadroomLow notice) {
                ended.complete(watcher.get().close(Duration.ofMinutes(1)));
            }
        });
        setup.headroomThresholds(seconds(60)).server.showsOplog(oplog).opens().at(highWater(HERE));
        watcher.set(setup.build());
        oplog.answers(HERE - 1);
        watcher.get().launch();

        assertThat(ended.join()).isFalse();
        assertThat(watcher.get().awaitTermination(Duration.ofMinutes(1))).isTrue();
    }

    private ChangeWatcher run(Duration... thresholds) throws InterruptedException {
        setup.headroomThresholds(thresholds)
                .server
                .showsOplog(oplog)
                .opens()
                .at(highWater(HERE))
                .idle(highWater(HERE));
        WatcherEngine<BsonDocument> watcher = setup.start();
        setup.server.awaitQuiet();
        if (thresholds.length > 0) {
            eventually(oplog.exhausted::isDone);
        }
        watcher.close();
        return watcher;
    }

    private List<Duration> told() {
        return setup.listener.all(HeadroomLow.class).stream()
                .map(HeadroomLow::threshold)
                .toList();
    }

    private static Duration seconds(int count) {
        return Duration.ofSeconds(count);
    }

    /** Answers as a test has written down; after that a question stays open. */
    private static final class ScriptedOplog implements OplogWindow {
        private final Queue<CompletableFuture<Reading>> script = new ConcurrentLinkedQueue<>();
        final AtomicInteger looks = new AtomicInteger();
        final CompletableFuture<Boolean> exhausted = new CompletableFuture<>();

        void answers(int... oldest) {
            for (int second : oldest) {
                add(CompletableFuture.completedFuture(new Reading(time(second), time(NEWEST), false)));
            }
        }

        void fails(Throwable error) {
            add(CompletableFuture.failedFuture(error));
        }

        void add(CompletableFuture<Reading> answer) {
            script.add(answer);
        }

        @Override
        public CompletableFuture<Reading> read() {
            looks.incrementAndGet();
            CompletableFuture<Reading> answer = script.poll();
            if (answer == null) {
                exhausted.complete(true);
                return new CompletableFuture<>();
            }
            return answer;
        }
    }
}
