package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.DecodeException;
import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.EventHandled;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.PositionMoved;
import io.changewatch.observe.WatcherStats;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CheckpointPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

/** Where a watcher is, and what of it is saved. */
final class PositionTest {
    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store);

    @Test
    void savesTheFirstPositionBeforeTheFirstEventIsHandedOut() throws InterruptedException {
        List<Optional<ResumeToken>> seen = new ArrayList<>();
        setup.checkpoint(CheckpointPolicy.everyEvents(1_000)).handler(event -> seen.add(store.token()));
        setup.server.opens().at(highWater(90)).batch(insert(101));
        setup.run();

        assertThat(seen).containsExactly(Optional.of(highWater(90)));
        assertThat(store.saved().get(0).clusterTime()).isEqualTo(time(90));
    }

    @Test
    void tellsWhereTheStreamIsAmongItsEvents() throws InterruptedException {
        List<Object> told = new ArrayList<>();
        setup.handler(event -> told.add(event.resumeToken())).listener(new WatcherListener() {
            @Override
            public void positionMoved(PositionMoved notice) {
                told.add(notice);
            }
        });
        setup.server.opens().at(highWater(90)).batchUpTo(highWater(105), insert(101), insert(102));
        setup.run();

        assertThat(told).startsWith(moved(90), token(101), token(102));
        assertThat(told).endsWith(moved(105));
    }

    @Test
    void tellsNoPositionOfAnOpeningForWhichNothingWasRead() throws InterruptedException {
        setup.server.opens().at(highWater(90)).idle(highWater(91)).fails(network());
        setup.server.opens().idle(highWater(92));
        setup.run();

        assertThat(setup.listener.all(PositionMoved.class)).startsWith(moved(90), moved(91), moved(92));
    }

    private static PositionMoved moved(int seconds) {
        return new PositionMoved("orders", highWater(seconds), time(seconds));
    }

    @Test
    void tellsThePlaceOfTheCheckpointBeforeTheFirstEvent() throws InterruptedException {
        setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50))));
        setup.server.opens().batch(insert(51));
        setup.run();

        assertThat(setup.listener.all(PositionMoved.class).get(0))
                .isEqualTo(new PositionMoved("orders", token(50), time(50)));
    }

    @Test
    void takesNoPositionBehindEventsForTheFirstOne() throws InterruptedException {
        setup.checkpoint(CheckpointPolicy.everyEvents(1_000))
                .handler(event -> assertThat(store.token()).isEmpty());
        setup.server.opens().at(highWater(105)).with(insert(101), insert(102));

        assertThat(setup.run().failure()).isEmpty();
        assertThat(setup.handledTimes()).containsExactly(101, 102);
        assertThat(store.tokens()).containsExactly(highWater(105));
    }

    @Test
    void savesTheFirstPositionOfAStartAtATime() throws InterruptedException {
        setup.startFrom(StartPosition.at(new BsonTimestamp(40, 7)));
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.at(new BsonTimestamp(40, 7)));
        assertThat(store.token()).hasValue(highWater(new BsonTimestamp(40, 7)));
    }

    @Test
    void continuesAfterTheCheckpoint() throws InterruptedException {
        MemoryStore held = MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50)));
        setup.store(held).startFrom(StartPosition.at(new BsonTimestamp(1, 0)));
        setup.server.opens().batch(insert(51));
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.after(token(50)));
        assertThat(held.tokens()).containsExactly(token(50), token(51));
    }

    @Test
    void savesThePostBatchTokenOfAnIdleStream() throws InterruptedException {
        setup.checkpoint(CheckpointPolicy.every(Duration.ofSeconds(5)));
        setup.server
                .opens()
                .at(highWater(90))
                .then(() -> setup.time.advance(Duration.ofSeconds(5)))
                .idle(highWater(95))
                .then(() -> setup.listener.awaitSaved(highWater(95)))
                .then(() -> setup.time.advance(Duration.ofSeconds(5)))
                .idle(highWater(100))
                .then(() -> store.awaitSaved(highWater(100)));
        setup.run();

        assertThat(store.tokens()).containsExactly(highWater(90), highWater(95), highWater(100));
    }

    @Test
    void savesAnIdlePositionInTimeWhateverThePolicy() throws InterruptedException {
        setup.checkpoint((events, time) -> false);
        setup.server
                .opens()
                .then(() -> setup.time.advance(Duration.ofSeconds(10)))
                .idle(highWater(110))
                .then(() -> store.awaitSaved(highWater(110)));

        assertThat(setup.run().failure()).isEmpty();
    }

    @Test
    void savesThePostBatchTokenBehindTheLastEvent() throws InterruptedException {
        setup.server.opens().batchUpTo(highWater(120), insert(101));
        setup.run();

        assertThat(store.token()).hasValue(highWater(120));
        assertThat(store.last()).map(Checkpoint::clusterTime).hasValue(time(120));
    }

    @Test
    void savesNothingBeyondAnEventThatIsNotHandled() throws InterruptedException {
        setup.handler(event -> {
            if (event.clusterTime().equals(time(102))) {
                throw new IllegalStateException("cannot");
            }
        });
        setup.server.opens().batchUpTo(highWater(150), insert(101), insert(102), insert(103));

        assertThat(setup.runToFailure()).isInstanceOf(HandlerFailedException.class);
        assertThat(store.token()).hasValue(token(101));
    }

    @Test
    void savesNothingBeyondTheEventThatIsBeingHandled() throws InterruptedException {
        List<ResumeToken> unexpected = new ArrayList<>();
        setup.handler(event -> {
            store.token().filter(saved -> !saved.isBefore(event.resumeToken())).ifPresent(unexpected::add);
        });
        setup.server.opens().batchUpTo(highWater(150), insert(101), insert(102), insert(103));
        setup.run();

        assertThat(unexpected).isEmpty();
        assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
    }

    @Test
    void neverGoesBackwards() throws InterruptedException {
        setup.checkpoint((events, time) -> true)
                .server
                .opens()
                .batchUpTo(highWater(150), insert(101))
                .then(() -> store.awaitSaved(highWater(150)))
                .idle(highWater(140))
                .fails(network());
        setup.run();

        assertThat(store.tokens()).isSortedAccordingTo((a, b) -> a.isBefore(b) ? -1 : b.isBefore(a) ? 1 : 0);
        assertThat(store.token()).hasValue(highWater(150));
    }

    @Test
    void savesTheLastPositionWhenItIsClosed() throws InterruptedException {
        setup.checkpoint(CheckpointPolicy.everyEvents(1_000));
        setup.server.opens().batch(insert(101), insert(102));
        setup.run();

        assertThat(store.tokens()).containsExactly(highWater(ScriptedSource.NOW), token(102));
        assertThat(store.isReleased()).isTrue();
    }

    @Test
    void savesTheLastPositionWhenItFails() throws InterruptedException {
        setup.checkpoint(CheckpointPolicy.everyEvents(1_000));
        setup.server.opens().batch(insert(101)).fails(Errors.command(286));
        setup.runToFailure();

        assertThat(store.token()).hasValue(token(101));
    }

    @Test
    void aSkippedEventIsPassed() throws InterruptedException {
        setup.whenHandlerFails(HandlerFailurePolicy.skip()).handler(event -> {
            if (event.clusterTime().equals(time(102))) {
                throw new IllegalStateException("cannot");
            }
        });
        setup.server.opens().batch(insert(101), insert(102)).fails(network());
        setup.server.opens().batch(insert(103));
        WatcherStats stats = setup.run().stats();

        assertThat(stats.skipped()).isEqualTo(1);
        assertThat(stats.totalEvents()).isEqualTo(2);
        assertThat(setup.listener.all(EventHandled.class)).hasSize(2);
        assertThat(setup.handledTimes()).containsExactly(101, 103);
        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(102)));
        assertThat(setup.listener.all(EventSkipped.class))
                .extracting(EventSkipped::raw)
                .containsExactly(insert(102));
    }

    @Test
    void anEventThatCannotBeDecodedIsPassedIfThePolicySkips() throws InterruptedException {
        setup.whenHandlerFails(HandlerFailurePolicy.skip());
        setup.server
                .opens()
                .batchUpTo(null, insert(101), Events.undecodable(102))
                .fails(network());
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(101);
        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(102)));
        assertThat(store.token()).hasValue(token(102));
        assertThat(setup.listener.all(EventSkipped.class)).hasSize(1);
    }

    @Test
    void anEventWhoseBytesAreDamagedIsPassedIfThePolicySkips() throws InterruptedException {
        setup.whenHandlerFails(HandlerFailurePolicy.skip());
        setup.server
                .opens()
                .raw(Events.damagedAtItsEnd(102), highWater(103))
                .batch(insert(104))
                .fails(network());
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(104);
        assertThat(setup.listener.all(EventSkipped.class))
                .singleElement()
                .satisfies(notice ->
                        assertThat(notice.raw().get("_id")).isEqualTo(token(102).value()));
    }

    @Test
    void anEventThatCannotBeDecodedEndsTheWatcherOtherwise() throws InterruptedException {
        setup.server.opens().batch(insert(101), Events.undecodable(102));

        assertThat(setup.runToFailure()).isInstanceOf(DecodeException.class);
        assertThat(store.token()).hasValue(token(101));
    }
}
