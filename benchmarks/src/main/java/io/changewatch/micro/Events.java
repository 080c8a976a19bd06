package io.changewatch.micro;

import com.mongodb.MongoClientSettings;
import io.changewatch.comparison.Order;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/** Events as a server sends them. */
final class Events {
    private static final int TOKEN_BYTES = 82;
    private static final long ID = 1_234;

    private Events() {}

    /** The insert of an order. */
    static RawBsonDocument insert() {
        RawBsonDocument order = new RawBsonDocument(
                Order.of(ID, 0, ""),
                MongoClientSettings.getDefaultCodecRegistry().get(Order.class));
        BsonDocument event = new BsonDocument(
                        "_id", new BsonDocument("_data", new BsonString("8".repeat(2 * TOKEN_BYTES))))
                .append("operationType", new BsonString("insert"))
                .append("clusterTime", new BsonTimestamp(1_700_000_000, 1))
                .append("wallTime", new BsonDateTime(1_700_000_000_000L))
                .append("fullDocument", order)
                .append("ns", new BsonDocument("db", new BsonString("shop")).append("coll", new BsonString("orders")))
                .append("documentKey", new BsonDocument("_id", new BsonInt64(ID)));
        return new RawBsonDocument(event, new BsonDocumentCodec());
    }

    static byte[] bytes(RawBsonDocument document) {
        byte[] bytes = new byte[document.getByteBuffer().remaining()];
        document.getByteBuffer().get(bytes);
        return bytes;
    }
}
