package io.changewatch.internal.engine;

import io.changewatch.event.ResumeToken;
import java.util.Arrays;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/**
 * Events and tokens as a server makes them. Event n happened at cluster time n/1; its document has the {@code _id} n.
 *
 * <p>Tokens begin like the server's, with type byte and cluster time; a high-water token sorts before the events of its time.
 */
final class Events {
    private static final String HIGH_WATER = "2B0429296E1404";
    private static final String EVENT = "2B042C0100296E5A1004";

    private Events() {}

    static BsonTimestamp time(int seconds) {
        return new BsonTimestamp(seconds, 1);
    }

    /** The token of the event at {@code seconds}. */
    static ResumeToken token(int seconds) {
        return token(seconds, EVENT + "00");
    }

    /** A post-batch token: a place without an event. */
    static ResumeToken highWater(int seconds) {
        return token(seconds, HIGH_WATER);
    }

    static ResumeToken highWater(BsonTimestamp time) {
        return new ResumeToken(new BsonDocument("_data", data(time, HIGH_WATER)));
    }

    /** The token of a fragment of the event at {@code seconds}. */
    static ResumeToken fragmentToken(int seconds, int fragment) {
        return token(seconds, EVENT + "00" + String.format("%02X", fragment));
    }

    private static ResumeToken token(int seconds, String suffix) {
        return new ResumeToken(new BsonDocument("_data", data(time(seconds), suffix)));
    }

    private static BsonString data(BsonTimestamp time, String suffix) {
        return new BsonString(String.format("82%08X%08X%s", time.getTime(), time.getInc(), suffix));
    }

    static BsonDocument insert(int seconds) {
        return insert(token(seconds), time(seconds), seconds);
    }

    static BsonDocument insert(ResumeToken token, BsonTimestamp clusterTime, int id) {
        return event(token, clusterTime, "insert")
                .append("ns", new BsonDocument("db", new BsonString("shop")).append("coll", new BsonString("orders")))
                .append("documentKey", new BsonDocument("_id", new BsonInt32(id)))
                .append("fullDocument", new BsonDocument("_id", new BsonInt32(id)));
    }

    /** An insert whose document is a number. */
    static BsonDocument undecodable(int seconds) {
        return insert(seconds).append("fullDocument", new BsonInt32(seconds));
    }

    /** The bytes of an insert with one more field, the length of whose value is wrong. */
    static byte[] damagedAtItsEnd(int seconds) {
        RawBsonDocument event =
                new RawBsonDocument(insert(seconds).append("last", new BsonString("")), new BsonDocumentCodec());
        byte[] bytes = Arrays.copyOfRange(
                event.getBackingArray(), event.getByteOffset(), event.getByteOffset() + event.getByteLength());
        bytes[bytes.length - 6] = 99; // of the length, the empty string and the end
        return bytes;
    }

    static BsonDocument drop(int seconds) {
        return event(token(seconds), time(seconds), "drop")
                .append("ns", new BsonDocument("db", new BsonString("shop")).append("coll", new BsonString("orders")));
    }

    static BsonDocument invalidate(int seconds) {
        return event(token(seconds), time(seconds), "invalidate");
    }

    /** Fragment 1 of 2 carries the namespace and the key, fragment 2 the document. */
    static BsonDocument fragment(int seconds, int fragment) {
        BsonDocument whole = insert(seconds);
        BsonDocument part = new BsonDocument(
                        "_id", fragmentToken(seconds, fragment).value())
                .append(
                        "splitEvent",
                        new BsonDocument("fragment", new BsonInt32(fragment)).append("of", new BsonInt32(2)));
        whole.forEach((name, value) -> {
            boolean inSecond = name.equals("fullDocument");
            if (!name.equals("_id") && inSecond == (fragment == 2)) {
                part.append(name, value);
            }
        });
        return part;
    }

    private static BsonDocument event(ResumeToken token, BsonTimestamp clusterTime, String operationType) {
        return new BsonDocument("_id", token.value())
                .append("operationType", new BsonString(operationType))
                .append("clusterTime", clusterTime)
                .append("wallTime", new BsonDateTime(clusterTime.getTime() * 1000L));
    }
}
