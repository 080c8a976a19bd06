package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.DecodeException;
import io.changewatch.StreamFailedException;
import io.changewatch.event.Update;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class FragmentAssemblerTest {
    private static final String SEQUENCE_REMEDY =
            " Start the watcher again from its checkpoint; if it happens again, the pipeline changes or removes splitEvent, and"
                    + " must not.";

    private final FragmentAssembler assembler = new FragmentAssembler();

    private Optional<RawBsonDocument> accept(BsonDocument event) {
        return assembler.accept(Events.inBatch(event), Events.OFFSET);
    }

    @Test
    void handsOutAnEventThatWasNeverSplitAsItIs() {
        byte[] batch = Events.inBatch(Events.insert("{a: 1}"));

        RawBsonDocument event = assembler.accept(batch, Events.OFFSET).orElseThrow();

        assertThat(event.getBackingArray()).isSameAs(batch);
        assertThat(event.getByteOffset()).isEqualTo(Events.OFFSET);
        assertThat(event).isEqualTo(Events.insert("{a: 1}"));
        assertThat(assembler.isWaiting()).isFalse();
    }

    @Test
    void putsAllFieldsTogetherUnderTheTokenOfTheLastFragment() {
        BsonDocument envelope = Events.update();
        envelope.remove("_id");
        BsonDocument image = new BsonDocument("fullDocument", BsonDocument.parse("{_id: 1, a: 2}"));
        BsonDocument before = new BsonDocument("fullDocumentBeforeChange", BsonDocument.parse("{_id: 1, a: 1}"));

        assertThat(accept(Events.fragment(1, 3, envelope))).isEmpty();
        assertThat(accept(Events.fragment(2, 3, image))).isEmpty();
        assertThat(assembler.isWaiting()).isTrue();
        RawBsonDocument whole = accept(Events.fragment(3, 3, before)).orElseThrow();

        BsonDocument expected = new BsonDocument("_id", Events.token("823"));
        expected.putAll(envelope);
        expected.putAll(image);
        expected.putAll(before);
        assertThat(whole).isEqualTo(expected);
        assertThat(assembler.isWaiting()).isFalse();
        assertThat(EventDecoders.of(BsonDocument.class, null).decode(whole.getBackingArray(), whole.getByteOffset()))
                .isInstanceOfSatisfying(
                        Update.class,
                        update -> assertThat((Object) update.documentBefore())
                                .isEqualTo(Optional.of(BsonDocument.parse("{_id: 1, a: 1}"))));
    }

    @Test
    void putsOneEventTogetherAfterAnother() {
        accept(Events.fragment(1, 2, field("a")));
        accept(Events.fragment(2, 2, field("b")));
        accept(Events.fragment(1, 2, field("c")));

        assertThat(accept(Events.fragment(2, 2, field("d"))))
                .hasValueSatisfying(event -> assertThat(event.keySet()).containsExactly("_id", "c", "d"));
    }

    @Test
    void startsAgainAfterAReset() {
        accept(Events.fragment(1, 2, field("a")));

        assembler.reset();

        assertThat(assembler.isWaiting()).isFalse();
        assertThat(accept(Events.fragment(1, 2, field("b")))).isEmpty();
        assertThat(accept(Events.fragment(2, 2, field("c"))))
                .hasValueSatisfying(event -> assertThat(event.keySet()).containsExactly("_id", "b", "c"));
    }

    @Nested
    class Refuses {
        @Test
        void anEventThatIsTooLarge() {
            FragmentAssembler small = new FragmentAssembler(100);
            byte[] fragment = Events.bytesOf(Events.fragment(1, 2, field("a")));
            byte[] next = Events.bytesOf(Events.fragment(2, 2, field("b")));
            small.accept(fragment, 0);

            assertThatThrownBy(() -> small.accept(next, 0))
                    .isInstanceOf(TooLargeEventException.class)
                    .hasMessage("its fragments exceed 100 bytes");
            assertThat(small.isWaiting()).isFalse();
        }

        @Test
        void anEventThatIsTooLargeWhenItsLastFragmentHasCome() {
            FragmentAssembler small = new FragmentAssembler(1);
            BsonDocument envelope = Events.update();
            envelope.remove("_id");

            assertThat(small.accept(Events.bytesOf(Events.fragment(1, 3, field("a"))), 0))
                    .isEmpty();
            assertThat(small.accept(Events.bytesOf(Events.fragment(2, 3, envelope)), 0))
                    .isEmpty();
            assertThat(small.isWaiting()).isTrue();
            assertThatThrownBy(() -> small.accept(Events.bytesOf(Events.fragment(3, 3, field("b"))), 0))
                    .isInstanceOfSatisfying(
                            TooLargeEventException.class,
                            tooLarge -> assertThat(tooLarge.envelope())
                                    .containsOnlyKeys("_id", "operationType", "clusterTime", "ns", "documentKey")
                                    .containsEntry("_id", Events.token("823"))
                                    .containsEntry("documentKey", envelope.get("documentKey")));
            assertThat(small.accept(Events.bytesOf(Events.insert("{}")), 0)).isPresent();
        }

        @Test
        void aFragmentOutOfSequence() {
            accept(Events.fragment(1, 3, field("a")));

            assertThatThrownBy(() -> accept(Events.fragment(3, 3, field("c"))))
                    .isInstanceOf(StreamFailedException.class)
                    .hasMessage(
                            "Cannot put together a split event: expected fragment 2 of 3, but received fragment 3 of 3."
                                    + SEQUENCE_REMEDY);
            assertThat(assembler.isWaiting()).isFalse();
        }

        @Test
        void aLaterFragmentFirst() {
            assertThatThrownBy(() -> accept(Events.fragment(2, 3, field("a"))))
                    .isInstanceOf(StreamFailedException.class)
                    .hasMessage(
                            "Cannot put together a split event: expected the first fragment of an event, but received fragment 2 of"
                                    + " 3." + SEQUENCE_REMEDY);
        }

        @Test
        void aFragmentOfAnotherCount() {
            accept(Events.fragment(1, 3, field("a")));

            assertThatThrownBy(() -> accept(Events.fragment(2, 2, field("b"))))
                    .hasMessage(
                            "Cannot put together a split event: expected fragment 2 of 3, but received fragment 2 of 2."
                                    + SEQUENCE_REMEDY);
        }

        @Test
        void aFragmentBeyondItsCount() {
            assertThatThrownBy(() -> accept(Events.fragment(1, 0, field("a"))))
                    .isInstanceOf(StreamFailedException.class);
        }

        @Test
        void aWholeEventBetweenFragments() {
            accept(Events.fragment(1, 3, field("a")));

            assertThatThrownBy(() -> accept(Events.insert("{}")))
                    .isInstanceOf(StreamFailedException.class)
                    .hasMessage(
                            "Cannot put together a split event: expected fragment 2 of 3, but received an event that is not split."
                                    + SEQUENCE_REMEDY);
            assertThat(accept(Events.insert("{}"))).isPresent();
        }

        @Test
        void aSplitEventOfWrongType() {
            BsonDocument event = Events.insert("{}").append("splitEvent", BsonDocument.parse("{fragment: 'x', of: 1}"));

            assertThatThrownBy(() -> accept(event))
                    .isInstanceOf(DecodeException.class)
                    .hasMessage(
                            "Cannot decode the insert in shop.orders: field splitEvent.fragment is a STRING, but a change event has"
                                    + " an INT32 there. Keep it as the server sends it: no stage may replace it, or choose"
                                    + " parkIn(...) to keep such events for later, or whenHandlerFails(HandlerFailurePolicy.skip()) to leave them out.");
        }

        @Test
        void bytesThatAreNotBson() {
            assertThatThrownBy(() -> assembler.accept(new byte[] {1, 2}, 0)).isInstanceOf(DecodeException.class);
        }

        @Test
        void aBoundBelowOne() {
            assertThatThrownBy(() -> new FragmentAssembler(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("maxBytes is 0, but has to be at least 1.");
        }
    }

    private static BsonDocument field(String name) {
        return new BsonDocument(name, new BsonString("x"));
    }
}
