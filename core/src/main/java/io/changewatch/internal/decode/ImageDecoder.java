package io.changewatch.internal.decode;

import java.util.Optional;
import org.bson.BsonType;
import org.bson.RawBsonDocument;
import org.bson.codecs.Decoder;
import org.bson.codecs.DecoderContext;

/**
 * Decodes documents to the application's type. Thread-safe as far as the codec is.
 *
 * @param <T> the document type
 */
final class ImageDecoder<T> {
    private static final DecoderContext CONTEXT = DecoderContext.builder().build();

    private final Class<T> type;
    private final Decoder<T> decoder;

    ImageDecoder(Class<T> type, Decoder<T> decoder) {
        this.type = type;
        this.decoder = decoder;
    }

    /** The document in a field that has to be there. */
    T decode(Envelope event, EnvelopeField field) {
        int offset = event.valueOf(field, BsonType.DOCUMENT);
        int length = BsonBytes.int32(event.bytes(), offset);
        if (type == RawBsonDocument.class) {
            return type.cast(new RawBsonDocument(event.bytes(), offset, length));
        }
        ImageReader reader = new ImageReader(event.bytes(), offset, length);
        try {
            return decoder.decode(reader, CONTEXT);
        } catch (RuntimeException e) {
            throw new ImageFailure(reader, type, field.fieldName(), e).explain();
        }
    }

    Optional<T> decodeIfPresent(Envelope event, EnvelopeField field) {
        return event.has(field) ? Optional.of(decode(event, field)) : Optional.empty();
    }
}
