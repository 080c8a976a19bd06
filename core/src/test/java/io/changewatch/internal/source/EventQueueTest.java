package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;

@Timeout(60)
final class EventQueueTest {
    private static final int EVENTS = 3_000_000;
    private static final RawBsonDocument EVENT = new RawBsonDocument(new BsonDocument(), new BsonDocumentCodec());

    private final EventQueue queue = new EventQueue(10);

    /** An arrival that is noted for events which were taken meanwhile would be mistaken for the end of the stream. */
    @Test
    void isNeverEmptyWhenSomethingHasArrivedBeforeTheEnd() {
        queue.onSubscribe(new Ignored());
        CompletableFuture<Void> driver = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < EVENTS; i++) {
                queue.onNext(EVENT);
            }
        });

        for (int taken = 0; taken < EVENTS; ) {
            queue.arrival().join();
            List<RawBsonDocument> events = queue.take();
            if (events.isEmpty()) {
                fail("The stream seems to have ended after " + taken + " events.");
            }
            taken += events.size();
        }
        driver.join();
    }

    private static RawBsonDocument ofBytes(int length) {
        return new RawBsonDocument(new BsonDocument("x", new BsonBinary(new byte[length])), new BsonDocumentCodec());
    }

    @Test
    void asksForNoMoreThanABatch() {
        Counted asked = new Counted();
        queue.onSubscribe(asked);
        for (int i = 0; i < 10; i++) {
            assertThat(asked.requested).hasValue(i + 1);
            queue.onNext(EVENT);
        }
        assertThat(asked.requested).as("ten wait").hasValue(10);

        queue.take();
        queue.requestMore();
        queue.requestMore();
        assertThat(asked.requested).as("one more").hasValue(11);
    }

    @Test
    void asksForNoMoreThanAReplyHasBytes() {
        Counted asked = new Counted();
        queue.onSubscribe(asked);
        queue.onNext(ofBytes(EventQueue.MOST_BYTES / 2));
        queue.onNext(ofBytes(EventQueue.MOST_BYTES / 2));

        assertThat(asked.requested).hasValue(2);
        queue.take();
        queue.requestMore();
        assertThat(asked.requested).hasValue(3);
    }

    /** The driver opens the stream when it has a session; by then, nobody may want it. */
    @Test
    void cancelsWhatIsOpenedTooLate() {
        Counted asked = new Counted();
        queue.cancel();
        queue.onSubscribe(asked);

        assertThat(asked.cancelled).isTrue();
        assertThat(asked.requested).hasValue(0);
    }

    private static final class Counted implements Subscription {
        private final AtomicLong requested = new AtomicLong();
        private final AtomicBoolean cancelled = new AtomicBoolean();

        @Override
        public void request(long count) {
            requested.addAndGet(count);
        }

        @Override
        public void cancel() {
            cancelled.set(true);
        }
    }

    private record Ignored() implements Subscription {

        @Override
        public void request(long count) {}

        @Override
        public void cancel() {}
    }
}
