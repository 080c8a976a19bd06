package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.observe.WatcherActivity;
import io.changewatch.observe.WatcherStats;
import io.changewatch.observe.WatcherStats.Progress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

/** What a watcher says it is doing, at each place where it can stand. Its {@code maxAwait} is 1 s. */
final class ActivityTest {
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final Duration TICK = Duration.ofMillis(1);

    private final WatchSetup setup = new WatchSetup();
    private final ScriptedSource server = setup.server;
    private final List<WatcherStats> seen = new CopyOnWriteArrayList<>();
    private final WatcherEngine<BsonDocument> watcher =
            setup.handler(event -> look()).build();

    @Test
    void isNotRunningBeforeItsStartAndAfterItsEnd() throws InterruptedException {
        assertThat(watcher.stats().progress())
                .isEqualTo(new Progress(WatcherActivity.NOT_RUNNING, Optional.empty(), Optional.empty()));
        server.opens().idle(highWater(101));
        run();

        assertThat(watcher.stats().activity()).isEqualTo(WatcherActivity.NOT_RUNNING);
    }

    @Test
    void isIdleWhenTheServerFindsNothing() throws InterruptedException {
        server.opens().idle(highWater(101)).then(this::look);
        run();

        expect(WatcherActivity.IDLE);
    }

    @Test
    void isLiveWhenTheServerHasEvents() throws InterruptedException {
        server.opens().batch(insert(101)).then(this::look);
        run();

        expect(WatcherActivity.LIVE, WatcherActivity.LIVE);
    }

    @Test
    void catchesUpWhenABatchIsFull() throws InterruptedException {
        BsonDocument[] full =
                IntStream.range(0, 1_000).mapToObj(i -> insert(101 + i)).toArray(BsonDocument[]::new);
        server.opens().batch(full).then(seen::clear).then(this::look);
        run();

        expect(WatcherActivity.CATCHING_UP);
    }

    @Test
    void catchesUpWhenItsPositionIsFarBehindTheServer() throws InterruptedException {
        server.opens()
                .batchAt(time(115), token(100), insert(100))
                .batchAt(time(116), highWater(100))
                .then(this::look);
        run();

        expect(WatcherActivity.LIVE, WatcherActivity.CATCHING_UP);
        assertThat(seen)
                .extracting(stats -> stats.progress().behind().orElseThrow().toSeconds())
                .containsExactly(15L, 16L);
    }

    /** The driver's cursor brings events without the server's time, which goes on from when it was told. */
    @Test
    void catchesUpAlsoWithAnswersThatTellNoTime() throws InterruptedException {
        server.opens()
                .batchAt(time(160), highWater(100))
                .then(() -> setup.time.advance(Duration.ofSeconds(5)))
                .batch(insert(101))
                .then(this::look);
        run();

        expect(WatcherActivity.CATCHING_UP, WatcherActivity.CATCHING_UP);
        assertThat(seen)
                .extracting(stats -> stats.progress().behind().orElseThrow().toSeconds())
                .containsExactly(65L, 64L);
    }

    @Test
    void isFurtherBehindTheLongerTheEventsOfAnAnswerTake() throws InterruptedException {
        setup.handler(event -> {
            setup.time.advance(Duration.ofSeconds(1));
            look();
        });
        server.opens()
                .batchAt(time(102), highWater(102), insert(101), insert(102))
                .then(this::look);
        run();

        assertThat(seen)
                .extracting(stats -> stats.progress().behind().orElseThrow().toSeconds())
                .containsExactly(3L, 3L, 0L);
    }

    @Test
    void isStalledWhenTheServerDoesNotAnswer() throws InterruptedException {
        server.opens()
                .idle(highWater(101))
                .then(() -> advanceAndLook(GRACE.plusSeconds(1)))
                .then(() -> advanceAndLook(TICK))
                .idle(highWater(102))
                .then(this::look);
        run();

        expect(WatcherActivity.IDLE, WatcherActivity.STALLED, WatcherActivity.IDLE);
    }

    @Test
    void isStalledWhileItRecovers() throws InterruptedException {
        server.opens().batch(insert(101)).fails(network());
        server.opens().then(this::look).batch(insert(102));
        run();

        expect(WatcherActivity.LIVE, WatcherActivity.STALLED, WatcherActivity.LIVE);
    }

    @Test
    void saysThatAHandlerHoldsIt() throws InterruptedException {
        setup.handler(event -> {
            advanceAndLook(GRACE);
            advanceAndLook(TICK);
        });
        server.opens().batch(insert(101)).then(this::look);
        run();

        expect(WatcherActivity.LIVE, WatcherActivity.HANDLER_BUSY, WatcherActivity.LIVE);
    }

    @Test
    void measuresTheTimeSinceThePositionMoved() throws InterruptedException {
        Duration second = Duration.ofSeconds(1);
        server.opens()
                .then(() -> advanceAndLook(second)) // since the start
                .idle(highWater(101))
                .then(() -> advanceAndLook(second))
                .idle(highWater(101))
                .then(() -> advanceAndLook(second)) // it has not moved
                .idle(highWater(102))
                .then(this::look);
        run();

        assertThat(seen)
                .extracting(stats -> stats.progress().sinceProgress().orElseThrow())
                .containsExactly(second, second, second.multipliedBy(2), Duration.ZERO);
    }

    @Test
    void doesNotMoveWhileStreamsBreakBeforeTheyBringAnything() throws InterruptedException {
        server.opens().batch(insert(101)).fails(network());
        for (int i = 0; i < 10; i++) {
            server.opens().fails(network());
        }
        server.opens().then(this::look);
        run();

        assertThat(seen.get(1).progress().sinceProgress()).isEqualTo(Optional.of(waited()));
        assertThat(seen.get(1).activity()).isEqualTo(WatcherActivity.STALLED);
    }

    private Duration waited() {
        return setup.time.delays().stream().reduce(Duration.ZERO, Duration::plus);
    }

    private void advanceAndLook(Duration time) {
        setup.time.advance(time);
        look();
    }

    private void look() {
        seen.add(watcher.stats());
    }

    private void run() throws InterruptedException {
        watcher.start();
        server.awaitQuiet();
        watcher.close();
    }

    private void expect(WatcherActivity... activities) {
        assertThat(seen).extracting(WatcherStats::activity).containsExactly(activities);
    }
}
