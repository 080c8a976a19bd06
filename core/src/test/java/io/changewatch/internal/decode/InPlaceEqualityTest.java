package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonElement;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonReader;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.BsonWriter;
import org.bson.Document;
import org.bson.UuidRepresentation;
import org.bson.codecs.BsonValueCodec;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonProperty;
import org.bson.codecs.pojo.annotations.BsonRepresentation;
import org.bson.io.BasicOutputBuffer;
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

    private final Random random = new Random(SEED);
    private final Codec<Everything> codec = REGISTRY.get(Everything.class);
    private final RecordReader reader =
            InPlaceReaders.of(Everything.class, codec, REGISTRY).orElseThrow();
    private final ImageDecoder<Everything> inPlace = new ImageDecoder<>(Everything.class, codec, Optional.of(reader));
    private final ImageDecoder<Everything> byCodec = new ImageDecoder<>(Everything.class, codec, Optional.empty());

    @Test
    void readsWhatTheCodecReads() {
        int read = 0;
        for (int i = 0; i < DOCUMENTS; i++) {
            byte[] document = bytes(elements(0.02));
            assertSame(document, i);
            read += isReadInPlace(document) ? 1 : 0;
        }
        assertThat(read).as("read in place").isBetween(DOCUMENTS / 3, DOCUMENTS - DOCUMENTS / 20);
    }

    @Test
    void readsDamagedBytesNoBetterThanTheCodec() {
        for (int i = 0; i < DOCUMENTS; i++) {
            byte[] document = bytes(elements(0));
            for (int k = random.nextInt(3); k >= 0; k--) {
                document[random.nextInt(document.length)] = (byte) random.nextInt(256);
            }
            assertSame(document, i);
        }
    }

    @Test
    void readsEveryKindOfValueInPlace() {
        for (int i = 0; i < 100; i++) {
            assertThat(isReadInPlace(bytes(elements(0)))).isTrue();
        }
    }

    private void assertSame(byte[] document, int number) {
        assertThat(outcome(inPlace, document))
                .as("seed %d, document %d", SEED, number)
                .isEqualTo(outcome(byCodec, document));
    }

    /** The value, or why there is none. */
    private static Object outcome(ImageDecoder<Everything> decoder, byte[] document) {
        try {
            Envelope event = Envelope.scan(inEvent(document), 0);
            return decoder.decode(event, EnvelopeField.FULL_DOCUMENT);
        } catch (FieldFailure e) {
            return e.problem();
        } catch (MalformedBsonException e) {
            return e.reason();
        }
    }

    private static Walk walk(byte[] document) {
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

    private static byte[] bytes(List<BsonElement> elements) {
        BasicOutputBuffer buffer = new BasicOutputBuffer();
        try (org.bson.BsonBinaryWriter writer = new org.bson.BsonBinaryWriter(buffer)) {
            writer.writeStartDocument();
            for (BsonElement element : elements) {
                writer.writeName(element.getName());
                new BsonValueCodec()
                        .encode(
                                writer,
                                element.getValue(),
                                EncoderContext.builder().build());
            }
            writer.writeEndDocument();
            return buffer.toByteArray();
        }
    }

    /** In any order, some missing, some twice, some unknown, some of any type at all. */
    private List<BsonElement> elements(double odd) {
        List<BsonElement> elements = new ArrayList<>();
        for (String name : List.of(
                "_id", "i", "boxed", "ratio", "text", "at", "date", "day", "moment", "time", "exact", "big", "uuid",
                "binary", "status", "money", "numbers", "part", "parts", "lists", "names", "counts", "groups", "free",
                "bson", "node")) {
            if (name.equals("i") || random.nextInt(5) > 0) {
                elements.add(new BsonElement(name, random.nextDouble() < odd ? any() : value(name)));
            }
            if (random.nextInt(20) == 0) {
                elements.add(new BsonElement("unknown" + random.nextInt(5), any()));
            }
            if (random.nextInt(50) == 0) {
                elements.add(new BsonElement(name, value(name)));
            }
        }
        if (random.nextBoolean()) {
            Collections.shuffle(elements, random);
        }
        return elements;
    }

    private BsonValue any() {
        List<BsonValue> samples = BsonSamples.ofEveryType();
        return samples.get(random.nextInt(samples.size()));
    }

    private BsonValue value(String name) {
        if (!name.equals("i") && random.nextInt(20) == 0) {
            return BsonNull.VALUE;
        }
        return switch (name) {
            case "_id" -> new BsonObjectId(new ObjectId(random.nextInt(9_999), random.nextInt(1 << 24)));
            case "i" -> integer();
            case "boxed" -> whole();
            case "ratio" -> random.nextBoolean() ? new BsonDouble(random.nextGaussian()) : integer();
            case "text" -> string();
            case "at", "date", "day", "moment", "time" -> new BsonDateTime(random.nextLong() >> 20);
            case "exact" -> new BsonDecimal128(Decimal128.fromIEEE754BIDEncoding(random.nextLong(), random.nextLong()));
            case "big", "money" -> new BsonDecimal128(new Decimal128(BigDecimal.valueOf(random.nextInt(9_999), 2)));
            case "uuid" -> new BsonBinary(new UUID(random.nextLong(), random.nextLong()));
            case "binary" -> new BsonBinary(string().getValue().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            case "status" -> new BsonString(Status.values()[random.nextInt(3)].name());
            case "numbers" -> numbers();
            case "part" -> part();
            case "parts" -> array(this::part);
            case "lists" -> array(() -> array(this::integer));
            case "names" -> array(this::string);
            case "counts" -> document(this::whole);
            case "groups" -> document(() -> array(this::part));
            case "node" -> node(3);
            default -> document(this::string);
        };
    }

    private BsonValue integer() {
        int value = random.nextInt();
        return switch (random.nextInt(3)) {
            case 0 -> new BsonInt64(value);
            case 1 -> new BsonDouble(value);
            default -> new BsonInt32(value);
        };
    }

    private BsonValue whole() {
        return random.nextBoolean() ? new BsonInt64(random.nextLong()) : integer();
    }

    private BsonString string() {
        return new BsonString(List.of("", "x", "ü", "käse", "日本", "a\u0000b", "long ".repeat(20))
                .get(random.nextInt(7)));
    }

    private BsonDocument numbers() {
        return new BsonDocument("i", integer())
                .append("l", whole())
                .append("d", new BsonDouble(random.nextDouble()))
                .append("f", new BsonDouble(random.nextFloat()))
                .append("s", new BsonInt32((short) random.nextInt()))
                .append("b", new BsonInt32((byte) random.nextInt()))
                .append("z", BsonBoolean.valueOf(random.nextBoolean()))
                .append("c", new BsonString("ß"));
    }

    private BsonDocument part() {
        BsonDocument part = new BsonDocument("count", integer()).append("name", string());
        return random.nextBoolean() ? part : part.append("status", new BsonString("PAID"));
    }

    private BsonDocument node(int depth) {
        BsonDocument node = new BsonDocument("name", string());
        if (depth > 0) {
            node.append("next", random.nextBoolean() ? node(depth - 1) : BsonNull.VALUE);
            node.append("children", array(() -> node(depth - 1)));
        }
        return node;
    }

    private BsonArray array(java.util.function.Supplier<? extends BsonValue> element) {
        BsonArray array = new BsonArray();
        for (int i = random.nextInt(4); i > 0; i--) {
            array.add(random.nextInt(10) == 0 ? BsonNull.VALUE : element.get());
        }
        return array;
    }

    private BsonDocument document(java.util.function.Supplier<? extends BsonValue> value) {
        BsonDocument document = new BsonDocument();
        for (int i = random.nextInt(4); i > 0; i--) {
            document.append("k" + random.nextInt(100), random.nextInt(10) == 0 ? BsonNull.VALUE : value.get());
        }
        return document;
    }

    public record Represented(
            @BsonRepresentation(org.bson.BsonType.OBJECT_ID) String id) {}

    public record Box<V>(V value) {}

    record Hidden(String name) {}

    private static Optional<RecordReader> readerOf(Class<?> type) {
        return InPlaceReaders.of(type, REGISTRY.get(type), REGISTRY);
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
        RecordReader refusing = readerOf(Refusing.class).orElseThrow();
        byte[] negative = Events.bytesOf(BsonDocument.parse("{value: -1}"));

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> refusing.readFields(walk(negative)))
                .isInstanceOf(StepAside.class);
        byte[] thirteen = Events.bytesOf(BsonDocument.parse("{value: 13}"));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> refusing.readFields(walk(thirteen)))
                .isInstanceOf(StackOverflowError.class);
    }
}
