package io.changewatch.internal.source;

import org.bson.BsonBinaryReader;
import org.bson.BsonReader;
import org.bson.BsonWriter;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.RawBsonDocumentCodec;
import org.bson.io.BsonInput;

/**
 * The bytes of one reply, in one array of exactly their length.
 *
 * @param bytes a BSON document
 */
@SuppressWarnings("ArrayRecordComponent") // a record for its accessor; never compared
record ServerReply(byte[] bytes) {

    /**
     * Takes the reply from the driver's buffers in one copy; the codec of {@link RawBsonDocument} makes several on the way.
     *
     * <p>Thread-safe.
     */
    static final class ReplyCodec implements Codec<ServerReply> {
        private static final int LENGTH_BYTES = 4;
        private final RawBsonDocumentCodec anyReader = new RawBsonDocumentCodec();

        @Override
        public ServerReply decode(BsonReader reader, DecoderContext context) {
            return reader instanceof BsonBinaryReader binary
                    ? copy(binary.getBsonInput())
                    : copy(anyReader.decode(reader, context));
        }

        private static ServerReply copy(BsonInput input) {
            int length = input.readInt32();
            if (length <= LENGTH_BYTES) {
                throw new MalformedReplyException("Malformed reply: a document cannot be " + length
                        + " bytes long. Check the network and its proxies.");
            }
            byte[] bytes = new byte[length];
            for (int i = 0; i < LENGTH_BYTES; i++) {
                bytes[i] = (byte) (length >>> (Byte.SIZE * i));
            }
            input.readBytes(bytes, LENGTH_BYTES, length - LENGTH_BYTES);
            return new ServerReply(bytes);
        }

        private static ServerReply copy(RawBsonDocument document) {
            byte[] bytes = new byte[document.getByteBuffer().remaining()];
            document.getByteBuffer().get(bytes);
            return new ServerReply(bytes);
        }

        @Override
        public void encode(BsonWriter writer, ServerReply reply, EncoderContext context) {
            anyReader.encode(writer, new RawBsonDocument(reply.bytes()), context);
        }

        @Override
        public Class<ServerReply> getEncoderClass() {
            return ServerReply.class;
        }
    }
}
