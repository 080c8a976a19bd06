package io.changewatch.internal.decode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.bson.RawBsonDocument;

/** Reads BSON values in place. The caller has checked type and bounds, see {@link Elements}. Thread-safe. */
final class BsonBytes {
    static final byte DOUBLE = 0x01;
    static final byte STRING = 0x02;
    static final byte DOCUMENT = 0x03;
    static final byte ARRAY = 0x04;
    static final byte BINARY = 0x05;
    static final byte OBJECT_ID = 0x07;
    static final byte BOOLEAN = 0x08;
    static final byte DATE_TIME = 0x09;
    static final byte INT32 = 0x10;
    static final byte INT64 = 0x12;
    static final byte DECIMAL128 = 0x13;

    static final int OBJECT_ID_LENGTH = 12;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private BsonBytes() {}

    static int int32(byte[] bytes, int offset) {
        return (int) INTS.get(bytes, offset);
    }

    static void putInt32(byte[] bytes, int offset, int value) {
        INTS.set(bytes, offset, value);
    }

    static long int64(byte[] bytes, int offset) {
        return (long) LONGS.get(bytes, offset);
    }

    static double float64(byte[] bytes, int offset) {
        return Double.longBitsToDouble(int64(bytes, offset));
    }

    static String string(byte[] bytes, int offset) {
        int length = int32(bytes, offset) - 1;
        return length == 0 ? "" : new String(bytes, offset + 4, length, StandardCharsets.UTF_8);
    }

    /** Of the 16 bytes at {@code offset}. */
    static UUID uuid(byte[] bytes, int offset) {
        return new UUID(Long.reverseBytes(int64(bytes, offset)), Long.reverseBytes(int64(bytes, offset + Long.BYTES)));
    }

    /** A slice, not a copy. */
    static RawBsonDocument document(byte[] bytes, int offset) {
        return new RawBsonDocument(bytes, offset, int32(bytes, offset));
    }
}
