package io.changewatch.internal.decode;

import java.util.Arrays;
import org.bson.BsonBinary;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.UuidRepresentation;
import org.bson.codecs.BsonDocumentCodec;

/** Raw events as a server sends them, in the middle of other bytes as in a batch. */
final class Events {
    static final int OFFSET = 7;

    private static final byte JUNK = (byte) 0xAB;

    private Events() {}

    /** What every event of {@code shop.orders} has. */
    static BsonDocument of(String operationType) {
        return new BsonDocument("_id", token("8263A1B2C3000000012B0229296E04"))
                .append("operationType", new BsonString(operationType))
                .append("clusterTime", new BsonTimestamp(1_700_000_000, 7))
                .append("wallTime", new BsonDateTime(1_700_000_000_123L))
                .append("ns", BsonDocument.parse("{db: 'shop', coll: 'orders'}"));
    }

    static BsonDocument insert(BsonValue fullDocument) {
        return of("insert")
                .append("documentKey", BsonDocument.parse("{_id: 1}"))
                .append("fullDocument", fullDocument);
    }

    static BsonDocument insert(String fullDocument) {
        return insert(BsonDocument.parse(fullDocument));
    }

    static BsonDocument update() {
        return of("update")
                .append("documentKey", BsonDocument.parse("{_id: 1}"))
                .append(
                        "updateDescription",
                        BsonDocument.parse("{updatedFields: {a: 2}, removedFields: [], truncatedArrays: []}"));
    }

    static BsonDocument token(String data) {
        return new BsonDocument("_data", new BsonString(data));
    }

    static BsonDocument fragment(int fragment, int of, BsonDocument fields) {
        BsonDocument split = new BsonDocument("fragment", new BsonInt32(fragment)).append("of", new BsonInt32(of));
        BsonDocument event = new BsonDocument("_id", token("82" + fragment));
        event.putAll(fields);
        return event.append("splitEvent", split);
    }

    static BsonBinary uuid(java.util.UUID uuid) {
        return new BsonBinary(uuid, UuidRepresentation.STANDARD);
    }

    static byte[] bytesOf(BsonDocument document) {
        RawBsonDocument raw = new RawBsonDocument(document, new BsonDocumentCodec());
        return Arrays.copyOfRange(
                raw.getBackingArray(), raw.getByteOffset(), raw.getByteOffset() + raw.getByteLength());
    }

    /** The event at {@link #OFFSET}, between bytes that no decoder may read. */
    static byte[] inBatch(BsonDocument event) {
        byte[] bytes = bytesOf(event);
        byte[] batch = new byte[OFFSET + bytes.length + OFFSET];
        Arrays.fill(batch, JUNK);
        System.arraycopy(bytes, 0, batch, OFFSET, bytes.length);
        return batch;
    }
}
