package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoClientSettings;
import java.util.Optional;
import java.util.Random;
import org.bson.BsonDocument;
import org.bson.UuidRepresentation;
import org.bson.codecs.Codec;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.codecs.pojo.PojoCodecProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same as {@link InPlaceEqualityTest}, of JavaBeans. */
class BeanEqualityTest {
    private static final long SEED = 11;
    private static final int DOCUMENTS = 10_000;

    private static final CodecRegistry REGISTRY = CodecRegistries.withUuidRepresentation(
            CodecRegistries.fromRegistries(
                    CodecRegistries.fromCodecs(new InPlaceEqualityTest.MoneyCodec()),
                    MongoClientSettings.getDefaultCodecRegistry(),
                    CodecRegistries.fromProviders(
                            PojoCodecProvider.builder().automatic(true).build())),
            UuidRepresentation.STANDARD);

    private final GeneratedDocuments generated = new GeneratedDocuments(new Random(SEED));
    private final Codec<Beans.Everything> codec = REGISTRY.get(Beans.Everything.class);
    private final DocumentReader reader = readerOf(Beans.Everything.class).orElseThrow();
    private final ImageDecoder<Beans.Everything> inPlace =
            new ImageDecoder<>(Beans.Everything.class, codec, Optional.of(reader));
    private final ImageDecoder<Beans.Everything> byCodec =
            new ImageDecoder<>(Beans.Everything.class, codec, Optional.empty());

    private static Optional<DocumentReader> readerOf(Class<?> type) {
        return InPlaceReaders.of(type, REGISTRY.get(type), REGISTRY, bean -> true);
    }

    @Test
    void readsWhatTheCodecReads() {
        int read = 0;
        for (int i = 0; i < DOCUMENTS; i++) {
            byte[] document = GeneratedDocuments.bytes(generated.elements(0.02));
            assertSame(document, i);
            read += isReadInPlace(document) ? 1 : 0;
        }
        assertThat(read).as("read in place").isBetween(DOCUMENTS / 3, DOCUMENTS - DOCUMENTS / 20);
    }

    @Test
    void readsDamagedBytesNoBetterThanTheCodec() {
        for (int i = 0; i < DOCUMENTS; i++) {
            assertSame(generated.damaged(), i);
        }
    }

    @Test
    void readsEveryKindOfValueInPlace() {
        for (int i = 0; i < 100; i++) {
            assertThat(isReadInPlace(GeneratedDocuments.bytes(generated.elements(0))))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                Beans.Open.class,
                Beans.Annotated.class,
                Beans.Child.class,
                Beans.Fixed.class,
                Beans.Derived.class
            })
    void leavesToTheCodecWhatIsNoPlainBean(Class<?> type) {
        assertThat(readerOf(type)).isEmpty();
    }

    @Test
    void leavesToTheCodecWhatTheApplicationHasAProviderFor() {
        assertThat(InPlaceReaders.of(Beans.Part.class, REGISTRY.get(Beans.Part.class), REGISTRY, bean -> false))
                .isEmpty();
    }

    @Test
    void readsABeanThatIsSerializable() {
        assertThat(readerOf(Beans.Saved.class)).isPresent();
    }

    @Test
    void asksTheCodecEachTimeForABeanThatIsNotPlain() {
        byte[] both = Events.bytesOf(BsonDocument.parse("{first: {name: 'a'}, second: {name: 'b'}}"));
        Beans.Twice twice =
                (Beans.Twice) readerOf(Beans.Twice.class).orElseThrow().readFields(InPlaceEqualityTest.walk(both));

        assertThat(twice.first().getName()).isEqualTo("a");
        assertThat(twice.second().getName()).isEqualTo("b");
    }

    @Test
    void leavesARefusalOfASetterToTheCodec() {
        DocumentReader refusing = readerOf(Beans.Refusing.class).orElseThrow();
        byte[] negative = Events.bytesOf(BsonDocument.parse("{value: -1}"));

        assertThatThrownBy(() -> refusing.readFields(InPlaceEqualityTest.walk(negative)))
                .isInstanceOf(StepAside.class);
    }

    private void assertSame(byte[] document, int number) {
        assertThat(InPlaceEqualityTest.outcome(inPlace, document))
                .as("seed %d, document %d", SEED, number)
                .usingRecursiveComparison()
                .withStrictTypeChecking()
                .isEqualTo(InPlaceEqualityTest.outcome(byCodec, document));
    }

    private boolean isReadInPlace(byte[] document) {
        try {
            return reader.readFields(InPlaceEqualityTest.walk(document)) != null;
        } catch (StepAside e) {
            return false;
        }
    }
}
