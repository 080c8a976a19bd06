package io.changewatch.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bson.RawBsonDocument;

/** Documents that lie in the bytes of others. Stateless and thread-safe. */
final class Slices {
    private Slices() {}

    /** The document at {@code offset}; nothing is copied. */
    static RawBsonDocument document(byte[] bytes, int offset) {
        int length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
        return new RawBsonDocument(bytes, offset, length);
    }
}
