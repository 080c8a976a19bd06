package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.RawBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;

/** Reads the events of a source as documents. Stateless. */
final class ReadEvents {
    private ReadEvents() {}

    /** The next {@code count} events, and no event after them in the same batch. */
    static List<BsonDocument> take(ChangeCursor cursor, int count) throws InterruptedException {
        List<BsonDocument> events = new ArrayList<>();
        for (long end = System.nanoTime() + LIMIT.toNanos(); events.size() < count && System.nanoTime() < end; ) {
            events.addAll(events(cursor.next()));
        }
        assertThat(events).hasSize(count);
        return events;
    }

    static List<BsonDocument> events(RawBatch batch) {
        return Arrays.stream(batch.offsets())
                .<BsonDocument>mapToObj(offset -> event(batch.bytes(), offset))
                .toList();
    }

    private static RawBsonDocument event(byte[] bytes, int offset) {
        return new RawBsonDocument(
                bytes,
                offset,
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(offset));
    }

    static List<Integer> idsOf(List<BsonDocument> events) {
        return events.stream()
                .map(event -> event.getDocument("documentKey").getInt32("_id").getValue())
                .toList();
    }

    static List<String> typesOf(List<BsonDocument> events) {
        return events.stream()
                .map(event -> event.getString("operationType").getValue())
                .toList();
    }
}
