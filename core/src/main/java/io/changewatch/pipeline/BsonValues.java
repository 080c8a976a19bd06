package io.changewatch.pipeline;

import com.mongodb.MongoClientSettings;
import org.bson.BsonDocument;
import org.bson.BsonDocumentWriter;
import org.bson.BsonValue;
import org.bson.Document;
import org.bson.UuidRepresentation;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.configuration.CodecConfigurationException;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/** Java values as BSON, by the driver's default codecs; UUIDs in the standard representation. */
final class BsonValues {

    private static final CodecRegistry CODECS = CodecRegistries.withUuidRepresentation(
            MongoClientSettings.getDefaultCodecRegistry(), UuidRepresentation.STANDARD);

    private BsonValues() {}

    /**
     * The value as BSON.
     *
     * @throws IllegalArgumentException if the driver's default codecs do not know its type
     */
    static BsonValue of(@Nullable Object value) {
        BsonDocument holder = new BsonDocument();
        try {
            CODECS.get(Document.class)
                    .encode(
                            new BsonDocumentWriter(holder),
                            new Document("value", value),
                            EncoderContext.builder().build());
        } catch (CodecConfigurationException e) {
            throw new IllegalArgumentException(
                    "Values of " + (value == null ? null : value.getClass())
                            + " have no BSON form by the driver's default codecs. Give a string, a number, a date,"
                            + " a BsonValue or a Document instead.",
                    e);
        }
        return holder.values().iterator().next();
    }

    /** A document of the driver's builders as plain BSON. */
    static BsonDocument of(Bson document) {
        return document.toBsonDocument(BsonDocument.class, CODECS).clone();
    }
}
