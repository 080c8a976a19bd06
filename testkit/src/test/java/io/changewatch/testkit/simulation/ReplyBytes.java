package io.changewatch.testkit.simulation;

import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.testkit.model.Reply;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;

/** Writes an answer as the bytes that the engine reads. */
final class ReplyBytes {
    private static final BsonDocumentCodec CODEC = new BsonDocumentCodec();
    private static final EncoderContext CONTEXT = EncoderContext.builder().build();

    private ReplyBytes() {}

    static RawBatch batch(Reply reply) {
        BasicOutputBuffer bytes = new BasicOutputBuffer();
        bytes.writeInt32(0); // so that an offset is never zero, as in a real reply
        int[] offsets = new int[reply.events().size()];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = bytes.getPosition();
            write(reply.events().get(i), bytes);
        }
        return new RawBatch(
                bytes.toByteArray(), offsets, new ResumeToken(reply.positionAfter()), reply.operationTime());
    }

    private static void write(BsonDocument event, BasicOutputBuffer bytes) {
        try (BsonBinaryWriter writer = new BsonBinaryWriter(bytes)) {
            CODEC.encode(writer, event, CONTEXT);
        }
    }
}
