package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener.CheckpointSaved;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row 44: the client's clock is an hour off the servers', or jumps; nothing but what people read depends on it. */
final class ClockSkewTest {

    /** All that a watcher did which a clock must not decide. */
    private record Behaviour(
            List<Integer> handled,
            List<StartPosition> opened,
            List<Duration> delays,
            List<WatcherState> states,
            List<ResumeToken> saved) {}

    @ParameterizedTest
    @ValueSource(strings = {"PT1H", "PT-1H", "P365D"})
    void aWatcherBehavesAsWithAClockThatIsRight(Duration ahead) throws InterruptedException {
        assertThat(lives(ahead, ahead)).isEqualTo(lives(Duration.ZERO, Duration.ZERO));
    }

    @Test
    void aWatcherBehavesTheSameWhenTheClockIsSetBetweenItsLives() throws InterruptedException {
        List<Behaviour> right = lives(Duration.ZERO, Duration.ZERO);

        assertThat(lives(Duration.ofHours(1), Duration.ofHours(-1))).isEqualTo(right);
        assertThat(lives(Duration.ofHours(-1), Duration.ofHours(1))).isEqualTo(right);
    }

    @Test
    void aCheckpointTellsTheClockOfItsClient() throws InterruptedException {
        MemoryStore store = MemoryStore.empty();
        WatchSetup setup = new WatchSetup().store(store);
        setup.time.skew(Duration.ofHours(-1));
        setup.server.opens().batch(insert(101));
        setup.run();

        assertThat(store.last().map(Checkpoint::savedAt)).hasValue(ManualSurroundings.BEGIN.minusSeconds(3600));
    }

    /** Two watchers one after the other on one store; half-way through each, the clock jumps by hours, to and fro. */
    private static List<Behaviour> lives(Duration first, Duration second) throws InterruptedException {
        MemoryStore store = MemoryStore.empty();
        List<Behaviour> lives = new ArrayList<>();
        lives.add(life(store, first, 101));
        lives.add(life(store, second, 201));
        assertThat(store.token()).hasValue(highWater(210));
        return lives;
    }

    private static Behaviour life(MemoryStore store, Duration ahead, int begin) throws InterruptedException {
        WatchSetup setup = new WatchSetup().store(store).maxUnsavedEvents(1);
        setup.time.skew(ahead);
        setup.server
                .opens()
                .batch(insert(begin), insert(begin + 1))
                .then(() -> setup.listener.awaitSaved(token(begin + 1)))
                .then(() -> setup.time.skew(ahead.plusHours(2)))
                .batch(insert(begin + 2))
                .then(() -> setup.listener.awaitSaved(token(begin + 2)))
                .idle(highWater(begin + 3)) // not saved: no time has passed but on the wall
                .then(() -> setup.time.advance(Duration.ofSeconds(20)))
                .idle(highWater(begin + 4))
                .then(() -> setup.listener.awaitSaved(highWater(begin + 4)))
                .fails(network());
        setup.server.refuses(network());
        setup.server
                .opens()
                .then(() -> setup.time.skew(ahead))
                .batch(insert(begin + 5))
                .then(() -> setup.listener.awaitSaved(token(begin + 5)))
                .then(() -> setup.time.skew(ahead.minusHours(2)))
                .then(() -> setup.time.advance(Duration.ofSeconds(20)))
                .idle(highWater(begin + 7))
                .then(() -> setup.listener.awaitSaved(highWater(begin + 7)))
                .idle(highWater(begin + 9));
        setup.run();
        return behaviour(setup);
    }

    private static Behaviour behaviour(WatchSetup setup) {
        return new Behaviour(
                setup.handledTimes(),
                setup.server.opened(),
                setup.time.delays(),
                setup.listener.states(),
                setup.listener.all(CheckpointSaved.class).stream()
                        .map(saved -> saved.checkpoint().token())
                        .toList());
    }
}
