package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Events.drop;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.invalidate;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.OperationType;
import io.changewatch.resume.Fingerprint;
import java.time.Duration;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

final class InvalidatedTest {
    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store);

    @Test
    void handsOutDropAndInvalidateAndOpensAgainAfterIt() throws InterruptedException {
        setup.server.opens().batch(insert(101), drop(102), invalidate(103)).ends();
        setup.server.opens().batch(insert(104));
        setup.run();

        assertThat(setup.handled)
                .extracting(ChangeEvent::operationType)
                .containsExactly(
                        OperationType.INSERT, OperationType.DROP, OperationType.INVALIDATE, OperationType.INSERT);
        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(103)));
        assertThat(setup.time.delays()).isEmpty();
        assertThat(setup.listener.states()).doesNotContain(WatcherState.RECOVERING);
    }

    @Test
    void opensAgainWhereThePipelineHoldsTheInvalidateBack() throws InterruptedException {
        setup.server.opens().batch(insert(101)).idle(highWater(103)).ends();
        setup.server.opens().batch(insert(104));
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(highWater(103)));
        assertThat(setup.handledTimes()).containsExactly(101, 104);
    }

    /** The stream begins at the time of the drop again, so that it ends with the same invalidate. */
    @Test
    void opensAfterAnInvalidateThatWasHandledBeforeThePipelineChanged() throws InterruptedException {
        Fingerprint other = new Fingerprint(WatchSetup.FINGERPRINT.scope(), "another");
        setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(103), time(103), other)));
        setup.server.opens().batch(drop(102), invalidate(103)).ends();
        setup.server.opens().batch(insert(104));
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.at(time(103)), StartPosition.after(token(103)));
        assertThat(setup.handledTimes()).containsExactly(104);
    }

    @Test
    void stopsAfterTheInvalidateIfThePolicySaysSo() throws InterruptedException {
        setup.whenInvalidated(InvalidatedPolicy.STOP)
                .server
                .opens()
                .batch(insert(101), invalidate(102))
                .ends();
        stopsOfItsOwnAccord();

        assertThat(setup.handledTimes()).containsExactly(101, 102);
        assertThat(store.token()).hasValue(token(102));
    }

    @Test
    void stopsWhereThePipelineHoldsTheInvalidateBack() throws InterruptedException {
        setup.whenInvalidated(InvalidatedPolicy.STOP)
                .server
                .opens()
                .idle(highWater(103))
                .ends();
        stopsOfItsOwnAccord();

        assertThat(store.token()).hasValue(highWater(103));
    }

    @Test
    void stopsWhereTheStreamEndsWithItsOpening() throws InterruptedException {
        setup.whenInvalidated(InvalidatedPolicy.STOP)
                .server
                .opens()
                .at(highWater(103))
                .ends();
        stopsOfItsOwnAccord();

        assertThat(store.token()).hasValue(highWater(103));
    }

    private void stopsOfItsOwnAccord() throws InterruptedException {
        WatcherEngine<BsonDocument> watcher = setup.start();

        assertThat(watcher.awaitTermination(Duration.ofMinutes(1))).isTrue();
        watcher.close();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(setup.server.opened()).hasSize(1);
        assertThat(setup.listener.states())
                .containsExactly(
                        WatcherState.STARTING, WatcherState.RUNNING, WatcherState.STOPPING, WatcherState.STOPPED);
    }
}
