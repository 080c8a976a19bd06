package io.changewatch.internal.decode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.changewatch.DecodeException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.junit.jupiter.api.Test;

class MalformedEventTest {
    private static final long SEED = 20261123;
    private static final String REMEDY =
            " Look for what damages bytes between the server and the application, or choose"
                    + " parkIn(...) to keep such events for later, or whenHandlerFails(HandlerFailurePolicy.skip()) to leave them out.";

    private final EventDecoder<BsonDocument> documents = EventDecoders.of(BsonDocument.class, null);
    private final EventDecoder<Bag> records = EventDecoders.of(Bag.class, null);

    @Test
    void refusesEveryTruncation() {
        byte[] whole = Events.bytesOf(everything());

        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> documents.decode(cut, 0)).isInstanceOf(DecodeException.class);
        }
    }

    @Test
    void saysWhatIsWrongWithATruncatedEvent() {
        byte[] whole = Events.bytesOf(Events.insert("{a: 1}"));
        byte[] cut = Arrays.copyOf(whole, 100);

        DecodeException failure = catchThrowableOfType(DecodeException.class, () -> documents.decode(cut, 0));

        assertThat(failure)
                .hasMessage("Cannot decode an event: its bytes are not valid BSON: a document of " + whole.length
                        + " bytes where 100 are there. Look for what damages bytes between the server and the application, "
                        + "and start the watcher again.");
        assertThat(failure.field()).isEmpty();
        assertThat(failure.raw()).isEmpty();
        assertThat(failure.namespace()).isEmpty();
        assertThat(failure.documentKey()).isEmpty();
    }

    @Test
    void keepsWhatTellsWhichEventItIsWhereTheBytesAreDamagedBehindIt() {
        BsonDocument event = Events.insert("{a: 1}").append("zz", new BsonString("text"));
        byte[] damaged = Events.bytesOf(event);
        damaged[indexOf(damaged, "text") - 4] = 99;

        DecodeException failure = catchThrowableOfType(DecodeException.class, () -> documents.decode(damaged, 0));

        assertThat(failure)
                .hasMessageStartingWith(
                        "Cannot decode an event: its bytes are not valid BSON: a value beyond the end of its ")
                .hasMessageEndingWith(REMEDY);
        assertThat(failure.raw())
                .containsOnlyKeys("_id", "operationType", "clusterTime", "ns", "documentKey")
                .allSatisfy((name, value) -> assertThat(value).isEqualTo(event.get(name)));
    }

    @Test
    void doesNotPromiseToSkipWhatHasNoPosition() {
        byte[] damaged = Events.bytesOf(Events.insert("{a: 1}"));
        damaged[4] = 0x55; // the type of the first field, the token

        DecodeException failure = catchThrowableOfType(DecodeException.class, () -> documents.decode(damaged, 0));

        assertThat(failure).hasMessageEndingWith("application, and start the watcher again.");
        assertThat(failure.raw()).isEmpty();
    }

    @Test
    void namesTheFieldOfADocumentWhoseBytesAreDamaged() {
        BsonDocument event = Events.insert("{a: {b: 'text'}}");
        byte[] damaged = Events.bytesOf(event);
        damaged[indexOf(damaged, "text") - 4] = 99; // the length of the string

        DecodeException failure = catchThrowableOfType(DecodeException.class, () -> documents.decode(damaged, 0));

        assertThat(failure)
                .hasMessage(
                        "Cannot decode the insert in shop.orders: field fullDocument.a is not valid BSON: a value beyond the end"
                                + " of its document at byte 7." + REMEDY);
        assertThat(failure.field()).isEqualTo("fullDocument.a");
    }

    @Test
    void namesTheFieldOfTheEnvelopeWhoseBytesAreDamaged() {
        byte[] damaged = Events.bytesOf(Events.insert("{a: 1}"));
        damaged[indexOf(damaged, "shop") - 4] = 99;

        DecodeException failure = catchThrowableOfType(DecodeException.class, () -> documents.decode(damaged, 0));

        assertThat(failure)
                .hasMessage(
                        "Cannot decode the insert: field ns is not valid BSON: a value beyond the end of its document at byte 8."
                                + REMEDY);
        assertThat(failure.field()).isEqualTo("ns");
    }

    @Test
    void neverFailsInAnotherWayWhateverBytesAreDamaged() {
        byte[] whole = Events.inBatch(everything());
        Random random = new Random(SEED);

        for (int round = 0; round < 5_000; round++) {
            byte[] damaged = damage(whole, random);
            for (EventDecoder<?> decoder : List.of(documents, records)) {
                Throwable failure = catchThrowable(() -> decoder.decode(damaged, Events.OFFSET));
                if (failure != null) {
                    assertThat(failure).as("seed %d, round %d", SEED, round).isInstanceOf(DecodeException.class);
                }
            }
        }
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] damaged = whole.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            damaged[Events.OFFSET + random.nextInt(whole.length - 2 * Events.OFFSET)] = (byte) random.nextInt(256);
        }
        return damaged;
    }

    private static BsonDocument everything() {
        BsonDocument document = BsonDocument.parse(
                        "{_id: 1, name: 'x', nested: {name: 'y', nested: {}}, list: [{name: 'z'}]}")
                .append("all", new BsonArray(BsonSamples.ofEveryType()));
        return Events.update()
                .append(
                        "updateDescription",
                        BsonDocument.parse("{updatedFields: {a: 1}, removedFields: ['c'],"
                                + " truncatedArrays: [{field: 'f', newSize: 3}], disambiguatedPaths: {}}"))
                .append("lsid", BsonDocument.parse("{id: 1}"))
                .append("txnNumber", new BsonInt64(1))
                .append("collectionUUID", Events.uuid(new UUID(1, 2)))
                .append("fullDocument", document)
                .append("fullDocumentBeforeChange", document);
    }

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, ISO_8859_1).indexOf(text);
    }

    public record Bag(String name, Bag nested, List<Bag> list, List<BsonValue> all) {}
}
