package io.changewatch.internal.source;

import io.changewatch.event.ResumeToken;
import java.util.Arrays;
import org.bson.BsonTimestamp;
import org.bson.BsonType;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * What the answer to an {@code aggregate} or a {@code getMore} says.
 *
 * @param cursorId what the server calls the cursor; 0 once it has closed it
 * @param namespace what the next {@code getMore} must name, such as {@code shop.orders} or {@code shop.$cmd.aggregate}
 * @param batch the events, still in the bytes of the reply
 */
record CursorReply(long cursorId, String namespace, RawBatch batch) {

    /**
     * Reads a reply without decoding its events.
     *
     * @throws MalformedReplyException if it is not the reply of a cursor
     */
    static CursorReply read(ServerReply reply) {
        return new Reader(reply.bytes()).read();
    }

    boolean isLast() {
        return cursorId == 0;
    }

    /** One walk over the reply: the order of its fields does not matter. */
    private static final class Reader {
        private static final int FIRST_GUESS = 64;

        private final byte[] bytes;
        private final BsonScanner scanner;
        private int[] offsets = new int[FIRST_GUESS];
        private int events;
        private boolean batchSeen;
        private @Nullable Long cursorId;
        private @Nullable String namespace;
        private @Nullable ResumeToken positionAfter;
        private @Nullable BsonTimestamp operationTime;

        Reader(byte[] bytes) {
            this.bytes = bytes;
            this.scanner = new BsonScanner(bytes);
        }

        CursorReply read() {
            int end = scanner.enterDocument(bytes.length);
            for (BsonType type = scanner.nextElement(end);
                    type != BsonType.END_OF_DOCUMENT;
                    type = scanner.nextElement(end)) {
                readField(type, end);
            }
            if (cursorId == null || namespace == null || !batchSeen) {
                throw scanner.malformed("no cursor with an id, a namespace and a batch");
            }
            RawBatch batch = new RawBatch(bytes, Arrays.copyOf(offsets, events), positionAfter, operationTime);
            return new CursorReply(cursorId, namespace, batch);
        }

        private void readField(BsonType type, int end) {
            String name = scanner.name();
            if (type == BsonType.DOCUMENT && name.equals("cursor")) {
                readCursor(end);
            } else if (type == BsonType.TIMESTAMP && name.equals("operationTime")) {
                operationTime = new BsonTimestamp(scanner.readInt64(end));
            } else {
                scanner.skipValue(type, end);
            }
        }

        private void readCursor(int limit) {
            int end = scanner.enterDocument(limit);
            for (BsonType type = scanner.nextElement(end);
                    type != BsonType.END_OF_DOCUMENT;
                    type = scanner.nextElement(end)) {
                readCursorField(type, scanner.name(), end);
            }
        }

        private void readCursorField(BsonType type, String name, int end) {
            if (type == BsonType.INT64 && name.equals("id")) {
                cursorId = scanner.readInt64(end);
            } else if (type == BsonType.STRING && name.equals("ns")) {
                namespace = scanner.readString(end);
            } else if (type == BsonType.ARRAY && (name.equals("nextBatch") || name.equals("firstBatch"))) {
                readBatch(end);
            } else if (type == BsonType.DOCUMENT && name.equals("postBatchResumeToken")) {
                positionAfter = readToken(end);
            } else {
                scanner.skipValue(type, end);
            }
        }

        private void readBatch(int limit) {
            batchSeen = true;
            int end = scanner.enterDocument(limit);
            for (BsonType type = scanner.nextElement(end);
                    type != BsonType.END_OF_DOCUMENT;
                    type = scanner.nextElement(end)) {
                addEvent(type);
                scanner.skipValue(type, end);
            }
        }

        private void addEvent(BsonType type) {
            if (type != BsonType.DOCUMENT) {
                throw scanner.malformed("an event of type " + type);
            }
            if (events == offsets.length) {
                offsets = Arrays.copyOf(offsets, events * 2);
            }
            offsets[events++] = scanner.position();
        }

        /** A copy, so that whoever keeps the position does not keep the whole reply. */
        private ResumeToken readToken(int end) {
            int start = scanner.position();
            scanner.skipValue(BsonType.DOCUMENT, end);
            return new ResumeToken(new RawBsonDocument(Arrays.copyOfRange(bytes, start, scanner.position())));
        }
    }
}
