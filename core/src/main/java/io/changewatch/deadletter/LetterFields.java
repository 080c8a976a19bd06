package io.changewatch.deadletter;

import io.changewatch.event.Namespace;
import java.time.Instant;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonInvalidOperationException;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;

/**
 * A letter as fields of documents.
 *
 * <p>Thread-safe.
 */
final class LetterFields {
    private static final int VERSION = 1;
    private static final String NAMESPACE = "ns";
    private static final String DOCUMENT_KEY = "documentKey";
    private static final String CAUSE = "cause";
    private static final String CHECKSUM = "checksum";

    private LetterFields() {}

    static Optional<Namespace> namespace(BsonDocument event) {
        if (!event.isDocument(NAMESPACE)) {
            return Optional.empty();
        }
        BsonDocument names = event.getDocument(NAMESPACE);
        if (!names.isString("db")) {
            return Optional.empty();
        }
        Optional<String> collection =
                names.isString("coll") ? Optional.of(names.getString("coll").getValue()) : Optional.empty();
        return Optional.of(new Namespace(names.getString("db").getValue(), collection));
    }

    static Optional<BsonDocument> documentKey(BsonDocument event) {
        return event.isDocument(DOCUMENT_KEY) ? Optional.of(event.getDocument(DOCUMENT_KEY)) : Optional.empty();
    }

    static BsonDocument header(DeadLetter letter) {
        BsonDocument content = content(letter);
        return content.append(CHECKSUM, new BsonInt64(checksum(content)));
    }

    private static BsonDocument content(DeadLetter letter) {
        BsonDocument content = new BsonDocument("version", new BsonInt32(VERSION))
                .append("id", new BsonString(letter.id()))
                .append("watcher", new BsonString(letter.watcher()))
                .append("reason", new BsonString(letter.reason().name()));
        letter.cause().ifPresent(cause -> content.append(CAUSE, cause(cause)));
        return content.append("attempts", new BsonInt32(letter.attempts()))
                .append("failedAt", new BsonDateTime(letter.failedAt().toEpochMilli()))
                .append("eventBytes", new BsonInt32(letter.event().getByteLength()))
                .append("eventChecksum", new BsonInt64(checksum(letter.event())));
    }

    private static BsonDocument cause(ParkingCause cause) {
        return new BsonDocument("type", new BsonString(cause.type()))
                .append("message", new BsonString(cause.message()))
                .append("stackTrace", new BsonString(cause.stackTrace()));
    }

    static DeadLetter read(BsonDocument header, byte[] event) {
        String id = header.isString("id") ? header.getString("id").getValue() : "";
        try {
            checkVersion(id, header);
            DeadLetter letter = letter(id, header, event);
            BsonDocument content = content(letter);
            boolean fits = header.getInt64("eventChecksum").equals(content.get("eventChecksum"))
                    && header.getInt64(CHECKSUM).getValue() == checksum(content);
            if (fits) {
                return letter;
            }
            throw corrupt(id, "its checksum does not fit its content", null);
        } catch (BsonInvalidOperationException | BsonSerializationException | IllegalArgumentException e) {
            throw corrupt(id, String.valueOf(e.getMessage()), e);
        }
    }

    private static void checkVersion(String id, BsonDocument header) {
        int version = header.getInt32("version").getValue();
        if (version != VERSION) {
            throw corrupt(id, "it has format version " + version + ", and this ChangeWatch reads " + VERSION, null);
        }
    }

    private static DeadLetter letter(String id, BsonDocument header, byte[] event) {
        return new DeadLetter(
                id,
                header.getString("watcher").getValue(),
                new RawBsonDocument(event),
                ParkingReason.valueOf(header.getString("reason").getValue()),
                header.containsKey(CAUSE) ? Optional.of(cause(header.getDocument(CAUSE))) : Optional.empty(),
                header.getInt32("attempts").getValue(),
                Instant.ofEpochMilli(header.getDateTime("failedAt").getValue()));
    }

    private static ParkingCause cause(BsonDocument cause) {
        return new ParkingCause(
                cause.getString("type").getValue(),
                cause.getString("message").getValue(),
                cause.getString("stackTrace").getValue());
    }

    private static CorruptLetterException corrupt(String id, String reason, @Nullable Exception cause) {
        return new CorruptLetterException(
                id, "The letter '" + id + "' is damaged or was not written by ChangeWatch: " + reason + ".", cause);
    }

    private static long checksum(BsonDocument content) {
        RawBsonDocument raw = content instanceof RawBsonDocument bytes
                ? bytes
                : new RawBsonDocument(content, new BsonDocumentCodec());
        CRC32C crc = new CRC32C();
        crc.update(raw.getByteBuffer().asNIO());
        return crc.getValue();
    }
}
