package io.changewatch.internal.decode;

import java.nio.ByteBuffer;
import org.bson.BsonBinary;
import org.bson.BsonBinaryReader;
import org.bson.BsonInvalidOperationException;
import org.bson.BsonSerializationException;
import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/**
 * Reads a document in place for its codec, and can say afterwards where the codec gave up and for which type. Not
 * thread-safe.
 */
final class ImageReader extends BsonBinaryReader {
    private final byte[] bytes;
    private final int start;
    private final int end;

    private @Nullable BsonType refused;
    private int refusedAt = -1;

    ImageReader(byte[] bytes, int offset, int length) {
        super(ByteBuffer.wrap(bytes, offset, length));
        this.bytes = bytes;
        this.start = offset;
        this.end = offset + length;
    }

    byte[] bytes() {
        return bytes;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    /** How far the codec has read, as an index of {@link #bytes()}. */
    int position() {
        return getBsonInput().getPosition();
    }

    /** The type the codec asked for where it stands; null if it stands there for another reason. */
    @Nullable
    BsonType refusedHere() {
        return refusedAt == position() ? refused : null;
    }

    /** The driver's reader makes room for as many bytes as a damaged length asks for, up to 2 GB, before it looks. */
    @Override
    protected BsonBinary doReadBinaryData() {
        int left = end - position();
        if (left >= Integer.BYTES && BsonBytes.int32(bytes, position()) > left) {
            throw new BsonSerializationException("a binary value beyond the end of its document");
        }
        return super.doReadBinaryData();
    }

    @Override
    protected void verifyBSONType(String methodName, BsonType requiredBsonType) {
        try {
            super.verifyBSONType(methodName, requiredBsonType);
        } catch (BsonInvalidOperationException e) {
            refused = requiredBsonType;
            refusedAt = position();
            throw e;
        }
    }
}
