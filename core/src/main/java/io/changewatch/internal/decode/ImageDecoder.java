package io.changewatch.internal.decode;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonType;
import org.bson.RawBsonDocument;
import org.bson.codecs.Decoder;
import org.bson.codecs.DecoderContext;
import org.jspecify.annotations.Nullable;

/**
 * Decodes documents to the application's type: in place where that gives the same as the codec, by the codec where it might not,
 * and where something is wrong with a document, so that there is one who says what. Thread-safe as far as the codec is.
 *
 * @param <T> the document type
 */
final class ImageDecoder<T> {
    private static final DecoderContext CONTEXT = DecoderContext.builder().build();

    private final Class<T> type;
    private final Decoder<T> decoder;
    private final @Nullable DocumentReader inPlace;
    /** One that nobody is on; after a document that was not plain, a new one. */
    private final AtomicReference<@Nullable Walk> walk = new AtomicReference<>();

    ImageDecoder(Class<T> type, Decoder<T> decoder, Optional<DocumentReader> inPlace) {
        this.type = type;
        this.decoder = decoder;
        this.inPlace = inPlace.orElse(null);
    }

    /** The document in a field that has to be there. */
    T decode(Envelope event, EnvelopeField field) {
        int offset = event.valueOf(field, BsonType.DOCUMENT);
        int length = BsonBytes.int32(event.bytes(), offset);
        if (type == RawBsonDocument.class) {
            return type.cast(new RawBsonDocument(event.bytes(), offset, length));
        }
        if (inPlace != null) {
            try {
                return type.cast(readInPlace(inPlace, event.bytes(), offset, length));
            } catch (StepAside | MalformedBsonException notPlain) {
                // The codec's.
            }
        }
        return decodeByCodec(event, offset, length, field);
    }

    private Object readInPlace(DocumentReader reader, byte[] bytes, int offset, int length) {
        Walk idle = walk.getAndSet(null);
        Walk at = idle == null ? new Walk() : idle;
        at.start(bytes, offset, offset + length);
        Object value = reader.readFields(at);
        at.release();
        walk.set(at);
        return value;
    }

    private T decodeByCodec(Envelope event, int offset, int length, EnvelopeField field) {
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
