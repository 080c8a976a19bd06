package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.damagedAtItsEnd;
import static io.changewatch.internal.engine.Events.fragment;
import static io.changewatch.internal.engine.Events.fragmentToken;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ChangeWatcher;
import io.changewatch.DecodeException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.OversizeEventException;
import io.changewatch.StartPosition;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.event.Insert;
import io.changewatch.event.Namespace;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.EventUndeliverable;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Events larger than 16 MB. */
final class SplitEventTest {
    private static final String OR_SKIP = "whenUndeliverable(UndeliverablePolicy.SKIP) to go on without such events.";

    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store);

    @Test
    void opensAgainWithEventsSplitAndPutsThemTogether() throws InterruptedException {
        setup.server.opens().batch(insert(101)).fails(command(10334));
        setup.server.opens().batch(fragment(102, 1), fragment(102, 2), insert(103));
        setup.run();

        assertThat(setup.server.settings())
                .extracting(SourceSettings::pipeline)
                .containsExactly(
                        List.of(), List.of(new BsonDocument("$changeStreamSplitLargeEvent", new BsonDocument())));
        assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(101)));
        assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
        assertThat(((Insert<BsonDocument>) setup.handled.get(1)).document())
                .isEqualTo(new BsonDocument("_id", new BsonInt32(102)));
    }

    @Test
    void savesNoPositionBetweenFragments() throws InterruptedException {
        setup.server.opens().fails(command(10334));
        setup.server
                .opens()
                .batch(insert(101), fragment(102, 1))
                .then(() -> store.awaitSaved(token(101)))
                .fails(network());
        setup.run();

        assertThat(store.tokens()).containsExactly(highWater(ScriptedSource.NOW), token(101));
    }

    @Test
    void dropsThePartOfAnEventWhenTheStreamBreaks() throws InterruptedException {
        setup.server.opens().fails(command(10334));
        setup.server.opens().batch(insert(101), fragment(102, 1)).fails(network());
        setup.server.opens().batch(fragment(102, 1)).batch(fragment(102, 2));
        setup.run();

        assertThat(setup.server.opened()).last().isEqualTo(StartPosition.after(token(101)));
        assertThat(setup.handledTimes()).containsExactly(101, 102);
        assertThat(store.token()).hasValue(fragmentToken(102, 2));
    }

    @Test
    void failsWhereTheServerDoesNotKnowTheStage() throws InterruptedException {
        setup.server.opens().batch(insert(101)).fails(command(10334, "BSONObjectTooLarge"));
        setup.server.refuses(command(40324));
        setup.server.opens().fails(command(10334, "BSONObjectTooLarge"));
        setup.server.opens().batch(insert(102));
        setup.server.opens().fails(command(10334, "BSONObjectTooLarge"));

        assertThat(setup.runToFailure())
                .isInstanceOf(OversizeEventException.class)
                .hasMessage(
                        "Cannot read on with watcher 'orders' on shop.orders: the insert of {\"_id\": 102} in shop.orders at "
                                + "cluster time 102/1 is larger than 16 MB and the server cannot split it (error 10334 "
                                + "BSONObjectTooLarge). Use MongoDB 6.0.9 or newer, ask for fewer images (fullDocument, "
                                + "fullDocumentBeforeChange), drop large fields with Pipeline.dropFields(...), or choose "
                                + OR_SKIP);
        assertThat(store.token()).hasValue(token(101));
    }

    @Test
    void failsWhereOneFieldIsTooLarge() throws InterruptedException {
        setup.server.opens().fails(command(10334));
        setup.server.opens().batch(insert(101)).fails(command(7182500, "Location7182500"));
        setup.server.opens().fails(command(7182500, "Location7182500"));
        setup.server.opens().batch(insert(102));
        setup.server.opens().fails(command(7182500, "Location7182500"));

        assertThat(setup.runToFailure())
                .isInstanceOf(OversizeEventException.class)
                .hasMessage(
                        "Cannot read on with watcher 'orders' on shop.orders: the insert of {\"_id\": 102} in shop.orders at "
                                + "cluster time 102/1 is larger than 16 MB and the server cannot split it, as one of its fields "
                                + "alone is too large (error 7182500 Location7182500). Let the pipeline put less into one field, "
                                + "ask for fewer images (fullDocument, fullDocumentBeforeChange), drop large fields with "
                                + "Pipeline.dropFields(...), or choose " + OR_SKIP);
    }

    @Test
    void aTokenFromBeforeWhoseEventIsSplitNowIsFoundByTime() throws InterruptedException {
        setup.server.opens().batch(insert(101)).fails(command(10334));
        setup.server.opens().fails(command(7182504));
        setup.server.opens().batch(insert(101), insert(102));
        setup.run();

        assertThat(setup.server.opened()).last().isEqualTo(StartPosition.at(time(101)));
        assertThat(setup.handledTimes()).containsExactly(101, 102);
    }

    @Test
    void comesAgainWholeToAWatcherThatIsStartedAfterACrashBetweenFragments() throws InterruptedException {
        MemoryStore left = MemoryStore.empty();
        setup.server.opens().fails(command(10334));
        setup.server.opens().batch(insert(101)).batch(fragment(102, 1)).then(() -> {
            store.awaitSaved(token(101));
            store.last().ifPresent(checkpoint -> left.save("orders", checkpoint));
        });
        setup.run();
        WatchSetup again = new WatchSetup().store(left);
        again.server.opens().fails(command(10334));
        again.server.opens().batch(fragment(102, 1)).batch(fragment(102, 2));
        again.run();

        assertThat(setup.handledTimes()).containsExactly(101);
        assertThat(again.server.opened())
                .containsExactly(StartPosition.after(token(101)), StartPosition.after(token(101)));
        assertThat(again.handledTimes()).containsExactly(102);
        assertThat(((Insert<BsonDocument>) again.handled.get(0)).document())
                .isEqualTo(new BsonDocument("_id", new BsonInt32(102)));
    }

    @Test
    void skipsADamagedEventBetweenSplitOnes() throws InterruptedException {
        setup.whenHandlerFails(HandlerFailurePolicy.skip());
        setup.server.opens().fails(command(10334));
        setup.server
                .opens()
                .batch(fragment(102, 1), fragment(102, 2))
                .raw(damagedAtItsEnd(103), token(103))
                .batch(insert(104));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(102, 104);
        assertThat(setup.listener.all(EventSkipped.class)).hasSize(1);
    }

    @Test
    void neverSkipsADamagedFragment() throws InterruptedException {
        setup.whenHandlerFails(HandlerFailurePolicy.skip());
        setup.server.opens().fails(command(10334));
        setup.server.opens().batch(fragment(102, 1)).raw(damagedAtItsEnd(103), token(103));

        assertThat(setup.runToFailure()).isInstanceOf(DecodeException.class);
    }

    @Nested
    class WhenFragmentsExceedTheBound {

        private void sendsALargeOneBetweenOthers() {
            setup.maxEventBytes(100);
            setup.server.opens().fails(command(10334));
            setup.server.opens().batch(insert(101), fragment(102, 1)).batch(fragment(102, 2), insert(103));
        }

        @Test
        void theEventIsPassedOver() throws InterruptedException {
            setup.whenUndeliverable(UndeliverablePolicy.SKIP);
            sendsALargeOneBetweenOthers();
            ChangeWatcher watcher = setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 103);
            assertThat(setup.server.opened()).hasSize(2);
            assertThat(watcher.stats().skipped()).isEqualTo(1);
            assertThat(setup.listener.all(EventUndeliverable.class))
                    .singleElement()
                    .satisfies(notice -> {
                        assertThat(notice.documentKey()).contains(BsonDocument.parse("{_id: 102}"));
                        assertThat(notice.namespace()).contains(Namespace.of("shop", "orders"));
                        assertThat(notice.clusterTime()).isEqualTo(time(102));
                        assertThat(notice.token()).isEqualTo(fragmentToken(102, 2));
                    });
        }

        @Test
        void itsLastFragmentIsThePosition() throws InterruptedException {
            setup.whenUndeliverable(UndeliverablePolicy.SKIP).maxEventBytes(100);
            setup.server.opens().fails(command(10334));
            setup.server
                    .opens()
                    .batchUpTo(null, fragment(102, 1), fragment(102, 2))
                    .fails(network());
            setup.run();

            assertThat(setup.server.opened()).last().isEqualTo(StartPosition.after(fragmentToken(102, 2)));
            assertThat(store.token()).hasValue(fragmentToken(102, 2));
        }

        @Test
        void theWatcherFailsNamingTheDocument() throws InterruptedException {
            sendsALargeOneBetweenOthers();

            assertThat(setup.runToFailure())
                    .isInstanceOf(OversizeEventException.class)
                    .hasMessage(
                            "Cannot read on with watcher 'orders' on shop.orders: the insert of {\"_id\": 102} in shop.orders "
                                    + "at cluster time 102/1 is larger than maxEventBytes allows (its fragments exceed 100 bytes). "
                                    + "Choose a larger maxEventBytes(...), ask for fewer images (fullDocument, "
                                    + "fullDocumentBeforeChange), drop large fields with Pipeline.dropFields(...), or choose "
                                    + OR_SKIP);
            assertThat(store.token()).hasValue(token(101));
        }
    }
}
