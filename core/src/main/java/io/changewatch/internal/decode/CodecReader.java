package io.changewatch.internal.decode;

import org.bson.BsonType;
import org.bson.codecs.Decoder;
import org.bson.codecs.DecoderContext;

/**
 * Has one value decoded by a codec of which nothing is known: the application's own, or one of the driver's that is not worth a
 * reader.
 *
 * <p>Thread-safe as far as the codec is.
 */
final class CodecReader implements ValueReader {
    private static final DecoderContext CONTEXT = DecoderContext.builder().build();
    private static final int HEADER = Integer.BYTES + 2; // the document's length, the value's type, and an empty name

    private final Decoder<?> decoder;

    CodecReader(Decoder<?> decoder) {
        this.decoder = decoder;
    }

    /** A codec reads values of documents only, so the value becomes the only one of a document. */
    @Override
    public Object read(Walk at) {
        byte[] document = document(at);
        ImageReader reader = new ImageReader(document, 0, document.length);
        try {
            reader.readStartDocument();
            BsonType unused = reader.readBsonType();
            reader.skipName();
            Object value = decoder.decode(reader, CONTEXT);
            reader.readEndDocument();
            return value;
        } catch (RuntimeException e) {
            throw StepAside.now();
        }
    }

    private static byte[] document(Walk at) {
        int length = at.valueEnd() - at.valueStart();
        byte[] document = new byte[HEADER + length + 1];
        BsonBytes.putInt32(document, 0, document.length);
        document[Integer.BYTES] = at.type();
        System.arraycopy(at.bytes(), at.valueStart(), document, HEADER, length);
        return document;
    }
}
