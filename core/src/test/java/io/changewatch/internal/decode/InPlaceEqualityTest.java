package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonReader;
import org.bson.BsonWriter;
import org.bson.Document;
import org.bson.UuidRepresentation;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonProperty;
import org.bson.codecs.pojo.annotations.BsonRepresentation;
import org.bson.types.Binary;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Decodes generated documents in place and by the driver's codec: the same values, and the same refusals. */
class InPlaceEqualityTest {
    private static final long SEED = 7;
    private static final int DOCUMENTS = 10_000;

    private static final CodecRegistry REGISTRY = CodecRegistries.withUuidRepresentation(
            CodecRegistries.fromRegistries(
                    CodecRegistries.fromCodecs(new MoneyCodec()), MongoClientSettings.getDefaultCodecRegistry()),
            UuidRepresentation.STANDARD);

    public enum Status {
        OPEN,
        PAID,
        REFUNDED
    }

    public record Money(BigDecimal amount) {}

    public record Part(String name, int count, @Nullable Status status) {}

    public record Node(
            String name, @Nullable Node next, @Nullable List<Node> children) {}

    public record Numbers(int i, long l, double d, float f, short s, byte b, boolean z, char c) {}

    public record Everything(
            @BsonId @Nullable ObjectId id,
            @BsonProperty("i") int renamed,
            @Nullable Long boxed,
            @Nullable Double ratio,
            @Nullable String text,
            @Nullable Instant at,
            @Nullable Date date,
            @Nullable LocalDate day,
            @Nullable LocalDateTime moment,
            @Nullable LocalTime time,
            @Nullable Decimal128 exact,
            @Nullable BigDecimal big,
            @Nullable UUID uuid,
            @Nullable Binary binary,
            @Nullable Status status,
            @Nullable Money money,
            @Nullable Numbers numbers,
            @Nullable Part part,
            @Nullable List<Part> parts,
            @Nullable Collection<List<Integer>> lists,
            @Nullable Set<String> names,
            @Nullable Map<String, Long> counts,
            @Nullable Map<String, List<Part>> groups,
            @Nullable Document free,
            @Nullable BsonDocument bson,
            @Nullable Node node) {}

    /** Of the application: a decimal that is never negative. */
    static final class MoneyCodec implements Codec<Money> {
        @Override
        public Money decode(BsonReader reader, DecoderContext context) {
            BigDecimal amount = reader.readDecimal128().bigDecimalValue();
            if (amount.signum() < 0) {
                throw new IllegalArgumentException("less than nothing");
            }
            return new Money(amount);
        }

        @Override
        public void encode(BsonWriter writer, Money value, EncoderContext context) {
            writer.writeDecimal128(new Decimal128(value.amount()));
        }

        @Override
        public Class<Money> getEncoderClass() {
            return Money.class;
        }
    }

    private final GeneratedDocuments generated = new GeneratedDocuments(new Random(SEED));
    private final Codec<Everything> codec = REGISTRY.get(Everything.class);
    private final DocumentReader reader =
            InPlaceReaders.of(Everything.class, codec, REGISTRY, bean -> true).orElseThrow();
    private final ImageDecoder<Everything> inPlace = new ImageDecoder<>(Everything.class, codec, Optional.of(reader));
    private final ImageDecoder<Everything> byCodec = new ImageDecoder<>(Everything.class, codec, Optional.empty());

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

    private void assertSame(byte[] document, int number) {
        assertThat(outcome(inPlace, document))
                .as("seed %d, document %d", SEED, number)
                .isEqualTo(outcome(byCodec, document));
    }

    /** The value, or why there is none. */
    static Object outcome(ImageDecoder<?> decoder, byte[] document) {
        try {
            Envelope event = Envelope.scan(inEvent(document), 0);
            return decoder.decode(event, EnvelopeField.FULL_DOCUMENT);
        } catch (FieldFailure e) {
            return e.problem();
        } catch (MalformedBsonException e) {
            return e.reason();
        }
    }

    static Walk walk(byte[] document) {
        Walk walk = new Walk();
        walk.start(document, 0, document.length);
        return walk;
    }

    private static byte[] inEvent(byte[] document) {
        byte[] name = "\u0003fullDocument\u0000".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] event = new byte[4 + name.length + document.length + 1];
        BsonBytes.putInt32(event, 0, event.length);
        System.arraycopy(name, 0, event, 4, name.length);
        System.arraycopy(document, 0, event, 4 + name.length, document.length);
        return event;
    }

    private boolean isReadInPlace(byte[] document) {
        try {
            return reader.readFields(walk(document)) != null;
        } catch (StepAside e) {
            return false;
        }
    }

    public record Represented(
            @BsonRepresentation(org.bson.BsonType.OBJECT_ID) String id) {}

    public record Box<V>(V value) {}

    record Hidden(String name) {}

    private static Optional<DocumentReader> readerOf(Class<?> type) {
        return InPlaceReaders.of(type, REGISTRY.get(type), REGISTRY, bean -> true);
    }

    @Test
    void leavesToTheCodecWhatItCannotHonour() {
        assertThat(readerOf(Represented.class)).isEmpty();
        assertThat(readerOf(Hidden.class)).isEmpty();
        assertThat(readerOf(Money.class)).as("a codec of the application").isEmpty();
        assertThat(readerOf(Document.class)).isEmpty();
    }

    public record Refusing(int value) {
        public Refusing {
            if (value < 0) {
                throw new IllegalArgumentException("negative");
            }
            if (value == 13) {
                throw new StackOverflowError();
            }
        }
    }

    @Test
    void leavesARefusalOfTheConstructorToTheCodec() {
        DocumentReader refusing = readerOf(Refusing.class).orElseThrow();
        byte[] negative = Events.bytesOf(BsonDocument.parse("{value: -1}"));

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> refusing.readFields(walk(negative)))
                .isInstanceOf(StepAside.class);
        byte[] thirteen = Events.bytesOf(BsonDocument.parse("{value: 13}"));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> refusing.readFields(walk(thirteen)))
                .isInstanceOf(StackOverflowError.class);
    }
}
