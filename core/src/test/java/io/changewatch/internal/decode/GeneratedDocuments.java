package io.changewatch.internal.decode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBinaryWriter;
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
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.codecs.BsonValueCodec;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;

/** Documents with every kind of value that is read in place, and with what is not expected there. Used by one thread. */
final class GeneratedDocuments {
    private final Random random;

    GeneratedDocuments(Random random) {
        this.random = random;
    }

    /** With a few bytes that are others. */
    byte[] damaged() {
        byte[] document = bytes(elements(0));
        for (int k = random.nextInt(3); k >= 0; k--) {
            document[random.nextInt(document.length)] = (byte) random.nextInt(256);
        }
        return document;
    }

    static byte[] bytes(List<BsonElement> elements) {
        BasicOutputBuffer buffer = new BasicOutputBuffer();
        try (BsonBinaryWriter writer = new BsonBinaryWriter(buffer)) {
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
    List<BsonElement> elements(double odd) {
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
            case "binary" -> new BsonBinary(string().getValue().getBytes(StandardCharsets.UTF_8));
            case "status" -> new BsonString(List.of("OPEN", "PAID", "REFUNDED").get(random.nextInt(3)));
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

    private BsonArray array(Supplier<? extends BsonValue> element) {
        BsonArray array = new BsonArray();
        for (int i = random.nextInt(4); i > 0; i--) {
            array.add(random.nextInt(10) == 0 ? BsonNull.VALUE : element.get());
        }
        return array;
    }

    private BsonDocument document(Supplier<? extends BsonValue> value) {
        BsonDocument document = new BsonDocument();
        for (int i = random.nextInt(4); i > 0; i--) {
            document.append("k" + random.nextInt(100), random.nextInt(10) == 0 ? BsonNull.VALUE : value.get());
        }
        return document;
    }
}
