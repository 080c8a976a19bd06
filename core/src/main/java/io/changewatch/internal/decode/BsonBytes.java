package io.changewatch.internal.decode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.bson.RawBsonDocument;

/** Reads BSON values in place. The caller has checked type and bounds, see {@link Elements}. Thread-safe. */
final class BsonBytes {
    private static final VarHandle INT32 = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private BsonBytes() {}

    static int int32(byte[] bytes, int offset) {
        return (int) INT32.get(bytes, offset);
    }

    static long int64(byte[] bytes, int offset) {
        return (long) INT64.get(bytes, offset);
    }

    static String string(byte[] bytes, int offset) {
        return new String(bytes, offset + 4, int32(bytes, offset) - 1, StandardCharsets.UTF_8);
    }

    /** A slice, not a copy. */
    static RawBsonDocument document(byte[] bytes, int offset) {
        return new RawBsonDocument(bytes, offset, int32(bytes, offset));
    }
}
