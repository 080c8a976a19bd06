package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.fragment;
import static io.changewatch.internal.engine.Events.fragmentToken;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.OversizeEventException;
import io.changewatch.StartPosition;
import io.changewatch.event.Insert;
import io.changewatch.internal.source.SourceSettings;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.Test;

/** Events larger than 16 MB. */
final class SplitEventTest {
    private static final String REMEDY = "Use MongoDB 6.0.9 or newer, ask for fewer images (fullDocument, "
            + "fullDocumentBeforeChange), or drop large fields with Pipeline.dropFields(...).";

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

        assertThat(setup.runToFailure())
                .isInstanceOf(OversizeEventException.class)
                .hasMessage(
                        "Cannot read on with watcher 'orders' on shop.orders: an event is larger than 16 MB and the server "
                                + "cannot split it (error 10334 BSONObjectTooLarge). " + REMEDY);
        assertThat(store.token()).hasValue(token(101));
    }

    @Test
    void failsWhereOneFieldIsTooLarge() throws InterruptedException {
        setup.server.opens().fails(command(10334));
        setup.server.opens().batch(insert(101)).fails(command(10334, "BSONObjectTooLarge"));

        assertThat(setup.runToFailure())
                .isInstanceOf(OversizeEventException.class)
                .hasMessageEndingWith(REMEDY);
    }
}
