package io.changewatch.internal.decode;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.bson.BsonBinarySubType;
import org.bson.BsonType;
import org.bson.UuidRepresentation;
import org.bson.codecs.BigDecimalCodec;
import org.bson.codecs.BooleanCodec;
import org.bson.codecs.ByteCodec;
import org.bson.codecs.Codec;
import org.bson.codecs.DateCodec;
import org.bson.codecs.Decimal128Codec;
import org.bson.codecs.DoubleCodec;
import org.bson.codecs.EnumCodec;
import org.bson.codecs.FloatCodec;
import org.bson.codecs.IntegerCodec;
import org.bson.codecs.LongCodec;
import org.bson.codecs.ObjectIdCodec;
import org.bson.codecs.OverridableUuidRepresentationUuidCodec;
import org.bson.codecs.ShortCodec;
import org.bson.codecs.StringCodec;
import org.bson.codecs.UuidCodec;
import org.bson.codecs.jsr310.InstantCodec;
import org.bson.codecs.jsr310.LocalDateCodec;
import org.bson.codecs.jsr310.LocalDateTimeCodec;
import org.bson.codecs.jsr310.LocalTimeCodec;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;

/**
 * Readers that do what the driver's codecs for single values do, each found by the class of the codec that it stands for.
 *
 * <p>Stateless and thread-safe.
 */
final class ScalarReaders {
    private static final int UUID_LENGTH = 16;

    private static final Map<Class<?>, ValueReader> BY_CODEC = Map.ofEntries(
            Map.entry(IntegerCodec.class, NumberReaders::integer),
            Map.entry(LongCodec.class, NumberReaders::int64),
            Map.entry(DoubleCodec.class, NumberReaders::float64),
            Map.entry(FloatCodec.class, NumberReaders::float32),
            Map.entry(ShortCodec.class, NumberReaders::int16),
            Map.entry(ByteCodec.class, NumberReaders::int8),
            Map.entry(BooleanCodec.class, NumberReaders::bool),
            Map.entry(StringCodec.class, ScalarReaders::string),
            Map.entry(ObjectIdCodec.class, ScalarReaders::objectId),
            Map.entry(Decimal128Codec.class, ScalarReaders::decimal128),
            Map.entry(BigDecimalCodec.class, ScalarReaders::bigDecimal),
            Map.entry(DateCodec.class, ScalarReaders::date),
            Map.entry(InstantCodec.class, at -> Instant.ofEpochMilli(millis(at))),
            Map.entry(LocalDateTimeCodec.class, ScalarReaders::localDateTime),
            Map.entry(LocalDateCodec.class, at -> localDateTime(at).toLocalDate()),
            Map.entry(LocalTimeCodec.class, at -> localDateTime(at).toLocalTime()));

    private static final Map<Class<?>, BitsReader> BITS_BY_CODEC = Map.of(
            IntegerCodec.class, NumberReaders::integer,
            LongCodec.class, NumberReaders::int64,
            ShortCodec.class, NumberReaders::int16,
            ByteCodec.class, NumberReaders::int8,
            DoubleCodec.class, at -> Double.doubleToRawLongBits(NumberReaders.float64(at)),
            FloatCodec.class, at -> Float.floatToRawIntBits(NumberReaders.float32(at)),
            BooleanCodec.class, at -> NumberReaders.bool(at) ? 1 : 0);

    private ScalarReaders() {}

    /** The same for a component of a primitive type. */
    static Optional<BitsReader> bitsInsteadOf(Codec<?> codec) {
        return Optional.ofNullable(BITS_BY_CODEC.get(codec.getClass()));
    }

    /** The reader that does what {@code codec} does; empty if that is not one of the driver's own, as it is by default. */
    static Optional<ValueReader> insteadOf(Codec<?> codec) {
        Class<?> kind = codec.getClass();
        if (codec instanceof UuidCodec uuids
                && (kind == UuidCodec.class || kind == OverridableUuidRepresentationUuidCodec.class)) {
            return uuids.getUuidRepresentation() == UuidRepresentation.STANDARD
                    ? Optional.of(ScalarReaders::uuid)
                    : Optional.empty();
        }
        if (kind == EnumCodec.class) {
            return Optional.of(constants(codec.getEncoderClass()));
        }
        if (kind == StringCodec.class && ((StringCodec) codec).getRepresentation() != BsonType.STRING) {
            return Optional.empty();
        }
        return Optional.ofNullable(BY_CODEC.get(kind));
    }

    private static String string(Elements at) {
        return BsonBytes.string(at.bytes(), terminatedStringOf(at));
    }

    private static int terminatedStringOf(Elements at) {
        int value = valueOf(at, BsonBytes.STRING);
        StepAside.unless(at.bytes()[at.valueEnd() - 1] == 0);
        return value;
    }

    private static ObjectId objectId(Elements at) {
        return new ObjectId(ByteBuffer.wrap(at.bytes(), valueOf(at, BsonBytes.OBJECT_ID), BsonBytes.OBJECT_ID_LENGTH));
    }

    private static Decimal128 decimal128(Elements at) {
        int value = valueOf(at, BsonBytes.DECIMAL128);
        long low = BsonBytes.int64(at.bytes(), value);
        return Decimal128.fromIEEE754BIDEncoding(BsonBytes.int64(at.bytes(), value + Long.BYTES), low);
    }

    private static BigDecimal bigDecimal(Elements at) {
        try {
            return decimal128(at).bigDecimalValue();
        } catch (ArithmeticException e) { // not a number, infinite, or negative zero
            throw StepAside.now();
        }
    }

    private static long millis(Elements at) {
        return BsonBytes.int64(at.bytes(), valueOf(at, BsonBytes.DATE_TIME));
    }

    @SuppressWarnings("JavaUtilDate") // the application has chosen it
    private static Date date(Elements at) {
        return new Date(millis(at));
    }

    private static LocalDateTime localDateTime(Elements at) {
        return LocalDateTime.ofInstant(Instant.ofEpochMilli(millis(at)), ZoneOffset.UTC);
    }

    private static UUID uuid(Elements at) {
        int value = valueOf(at, BsonBytes.BINARY);
        StepAside.unless(BsonBytes.int32(at.bytes(), value) == UUID_LENGTH
                && at.bytes()[value + Integer.BYTES] == BsonBinarySubType.UUID_STANDARD.getValue());
        return BsonBytes.uuid(at.bytes(), value + Integer.BYTES + 1);
    }

    private static ValueReader constants(Class<?> type) {
        Constant[] constants = Arrays.stream(type.getEnumConstants())
                .map(Enum.class::cast)
                .map(constant -> new Constant(constant.name().getBytes(StandardCharsets.UTF_8), constant))
                .toArray(Constant[]::new);
        return at -> constant(constants, at);
    }

    private static Object constant(Constant[] constants, Elements at) {
        int from = terminatedStringOf(at) + Integer.BYTES;
        for (Constant constant : constants) {
            byte[] name = constant.name();
            if (Arrays.equals(at.bytes(), from, at.valueEnd() - 1, name, 0, name.length)) {
                return constant.value();
            }
        }
        throw StepAside.now();
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Constant(byte[] name, Object value) {}

    private static int valueOf(Elements at, byte expected) {
        StepAside.unless(at.type() == expected);
        return at.valueStart();
    }
}
