package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Events.fragmentToken;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.invalidate;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static io.changewatch.internal.engine.Events.undecodable;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ConfigurationException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import java.util.List;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Positions that are not in the stream any more: error 280, and a checkpoint of another stream. */
final class TokenNotFoundTest {
    private static final List<BsonDocument> SPLIT =
            List.of(new BsonDocument("$changeStreamSplitLargeEvent", new BsonDocument()));

    private final MemoryStore store = MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50)));
    private final WatchSetup setup = new WatchSetup().store(store);

    @Nested
    class WhenTheServerDoesNotFindThePosition {

        @Test
        void asksForSplitEventsFirst() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(fragmentToken(50, 2), time(50))));
            setup.server.opens().fails(command(280));
            setup.server.opens().batch(insert(51));
            setup.run();

            StartPosition afterFragment = StartPosition.after(fragmentToken(50, 2));
            assertThat(setup.server.opened()).containsExactly(afterFragment, afterFragment);
            assertThat(pipelines()).containsExactly(List.of(), SPLIT);
            assertThat(setup.handledTimes()).containsExactly(51);
        }

        @Test
        void thenOpensByClusterTimeAndLeavesOutWhatWasHandled() throws InterruptedException {
            ResumeToken sameTime = fragmentToken(50, 1);
            setup.server.opens().fails(command(280));
            setup.server.opens().fails(command(280));
            setup.server
                    .opens()
                    .batchUpTo(
                            highWater(60), insert(token(50), time(50), 1), insert(sameTime, time(50), 2), insert(51));
            setup.run();

            assertThat(setup.server.opened())
                    .containsExactly(
                            StartPosition.after(token(50)), StartPosition.after(token(50)), StartPosition.at(time(50)));
            assertThat(setup.handled).extracting(ChangeEvent::resumeToken).containsExactly(sameTime, token(51));
            assertThat(store.token()).hasValue(highWater(60));
        }

        @Test
        void skipsTheFirstRungWhereTheServerCannotSplit() throws InterruptedException {
            setup.server.opens().fails(command(280));
            setup.server.refuses(command(40324));
            setup.server.opens().fails(command(280));
            setup.server.opens().batch(insert(51));
            setup.run();

            assertThat(setup.server.opened())
                    .containsExactly(
                            StartPosition.after(token(50)),
                            StartPosition.after(token(50)),
                            StartPosition.after(token(50)),
                            StartPosition.at(time(50)));
            assertThat(pipelines()).containsExactly(List.of(), SPLIT, List.of());
        }

        @Test
        void failsAtTheEnd() throws InterruptedException {
            for (int i = 0; i < 3; i++) {
                setup.server.opens().fails(command(280, "ChangeStreamFatalError"));
            }

            assertThat(setup.runToFailure())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(
                            "Cannot resume watcher 'orders' on shop.orders: the server does not find its position, neither "
                                    + "by token nor by cluster time (error 280 ChangeStreamFatalError). Most often a stage of the "
                                    + "pipeline removes or changes _id, the resume token, or the token belongs to another stream. "
                                    + "Keep _id as it is, and resume the stream that the token comes from."
                                    + " diagnose() on the builder tells more.");
            assertThat(setup.server.opened()).hasSize(3);
        }

        @Test
        void failsAtOnceForATokenOfWhichNothingElseIsKnown() throws InterruptedException {
            setup.store(MemoryStore.empty()).startFrom(StartPosition.after(token(50)));
            setup.server.refuses(command(280, "ChangeStreamFatalError"));

            assertThat(setup.runToFailure())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith(
                            "Cannot resume watcher 'orders' on shop.orders: the server does not find the position given to "
                                    + "startFrom(...) (error 280 ChangeStreamFatalError). Most often ");
            assertThat(setup.server.opened()).hasSize(1);
        }
    }

    @Test
    void positionsThatAreNeverFoundAreNotAskedForInATightLoop() throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            setup.server.opens().at(highWater(51 + i)).fails(command(280));
        }

        assertThat(setup.runToFailure()).isInstanceOf(ConfigurationException.class);
        assertThat(setup.server.opened()).hasSize(3);
    }

    @Nested
    class WhenTheCheckpointIsOfAnotherPipeline {
        private final Fingerprint other = new Fingerprint(WatchSetup.FINGERPRINT.scope(), "another");

        @Test
        void goesOnBehindAnInvalidateThatWasTheLastCheckpoint() throws InterruptedException {
            setup.store(holding(token(50)));
            setup.server.opens().batch(invalidate(50)).ends();
            setup.server.opens().batch(insert(51));
            setup.run();

            assertThat(setup.server.opened())
                    .containsExactly(StartPosition.at(time(50)), StartPosition.after(token(50)));
            assertThat(setup.handledTimes()).containsExactly(51);
        }

        @Test
        void doesNotStopAgainAtAnInvalidateThatWasTheLastCheckpoint() throws InterruptedException {
            setup.whenInvalidated(InvalidatedPolicy.STOP).store(holding(token(50)));
            setup.server.opens().batch(invalidate(50)).ends();
            setup.server.opens().batch(insert(51));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(51);
        }

        @Test
        void opensByClusterTimeAndLeavesOutWhatWasHandled() throws InterruptedException {
            setup.store(holding(fragmentToken(50, 1)));
            setup.server
                    .opens()
                    .batchUpTo(
                            highWater(60),
                            insert(token(50), time(50), 1),
                            insert(fragmentToken(50, 1), time(50), 2),
                            insert(fragmentToken(50, 2), time(50), 3));
            setup.run();

            assertThat(setup.server.opened()).containsExactly(StartPosition.at(time(50)));
            assertThat(setup.handled).extracting(ChangeEvent::resumeToken).containsExactly(fragmentToken(50, 2));
        }

        @Test
        void savesTheNewFingerprintOnceItHasMovedOn() throws InterruptedException {
            MemoryStore held = holding(token(50));
            setup.store(held);
            setup.server.opens().idle(highWater(60));
            setup.run();

            assertThat(held.last()).map(Checkpoint::fingerprint).hasValue(WatchSetup.FINGERPRINT);
            assertThat(held.token()).hasValue(highWater(60));
        }

        @Test
        void anEventThatCannotBeDecodedAndWasPassedBeforeIsLeftOutToo() throws InterruptedException {
            setup.whenHandlerFails(HandlerFailurePolicy.skip()).store(holding(fragmentToken(50, 3)));
            setup.server.opens().batch(Events.undecodable(50), insert(fragmentToken(50, 2), time(50), 2), insert(51));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(51);
            assertThat(setup.listener.all(EventSkipped.class)).isEmpty();
        }

        @Test
        void losesNothingWhereTokensHaveNoOrder() throws InterruptedException {
            setup.store(holding(unordered(1)));
            setup.server
                    .opens()
                    .batch(insert(unordered(1), time(50), 1), insert(unordered(2), time(50), 2), insert(51));
            setup.run();

            assertThat(setup.handled).extracting(ChangeEvent::resumeToken).contains(unordered(2), token(51));
        }

        private ResumeToken unordered(int number) {
            return new ResumeToken(new BsonDocument("_data", new BsonBinary(new byte[] {(byte) number})));
        }

        @Test
        void leavesOutWhatWasSkippedBeforeAlsoWhereItCannotBeDecoded() throws InterruptedException {
            setup.store(holding(token(50)));
            setup.server.opens().batch(undecodable(50), insert(51));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(51);
        }

        private MemoryStore holding(ResumeToken token) {
            return MemoryStore.holding(WatchSetup.checkpoint(token, time(50), other));
        }
    }

    @Test
    void aCheckpointOfAnotherScopeIsRefused() throws InterruptedException {
        Fingerprint other = new Fingerprint("shop.carts", WatchSetup.FINGERPRINT.pipeline());
        setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50), other)));

        assertThat(setup.runToFailure())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "The checkpoint 'orders' was made for shop.carts, but this watcher watches shop.orders. Give this "
                                + "watcher another name(...), or delete the checkpoint with store.delete(\"orders\")."
                                + " diagnose() on the builder tells more.");
        assertThat(setup.server.opened()).isEmpty();
    }

    private List<List<BsonDocument>> pipelines() {
        return setup.server.settings().stream().map(SourceSettings::pipeline).toList();
    }
}
