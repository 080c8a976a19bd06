package io.changewatch.internal.decode;

/**
 * Numbers as the driver's codecs convert them: from any type of number that loses nothing. Decimal128 is left to the codecs.
 * And truth values, which are never converted.
 *
 * <p>Stateless and thread-safe.
 */
final class NumberReaders {
    private NumberReaders() {}

    static int integer(Elements at) {
        return switch (at.type()) {
            case BsonBytes.INT32 -> BsonBytes.int32(at.bytes(), at.valueStart());
            case BsonBytes.INT64 -> exactly(BsonBytes.int64(at.bytes(), at.valueStart()));
            case BsonBytes.DOUBLE -> exactly(BsonBytes.float64(at.bytes(), at.valueStart()));
            default -> throw StepAside.now();
        };
    }

    private static int exactly(long value) {
        StepAside.unless((int) value == value);
        return (int) value;
    }

    private static int exactly(double value) {
        StepAside.unless((int) value == value);
        return (int) value;
    }

    static long int64(Elements at) {
        return switch (at.type()) {
            case BsonBytes.INT64 -> BsonBytes.int64(at.bytes(), at.valueStart());
            case BsonBytes.INT32 -> BsonBytes.int32(at.bytes(), at.valueStart());
            case BsonBytes.DOUBLE -> whole(BsonBytes.float64(at.bytes(), at.valueStart()));
            default -> throw StepAside.now();
        };
    }

    private static long whole(double value) {
        StepAside.unless((long) value == value);
        return (long) value;
    }

    static double float64(Elements at) {
        return switch (at.type()) {
            case BsonBytes.DOUBLE -> BsonBytes.float64(at.bytes(), at.valueStart());
            case BsonBytes.INT32 -> BsonBytes.int32(at.bytes(), at.valueStart());
            case BsonBytes.INT64 -> floating(BsonBytes.int64(at.bytes(), at.valueStart()));
            default -> throw StepAside.now();
        };
    }

    private static double floating(long value) {
        StepAside.unless((long) (double) value == value);
        return value;
    }

    /** Loses precision, as the driver's codec does, but no magnitude. */
    static float float32(Elements at) {
        double value = float64(at);
        StepAside.unless(!(value < -Float.MAX_VALUE || value > Float.MAX_VALUE));
        return (float) value;
    }

    static short int16(Elements at) {
        int value = integer(at);
        StepAside.unless((short) value == value);
        return (short) value;
    }

    static byte int8(Elements at) {
        int value = integer(at);
        StepAside.unless((byte) value == value);
        return (byte) value;
    }

    static boolean bool(Elements at) {
        StepAside.unless(at.type() == BsonBytes.BOOLEAN);
        byte value = at.bytes()[at.valueStart()];
        StepAside.unless(value == 0 || value == 1);
        return value == 1;
    }
}
