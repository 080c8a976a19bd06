package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.concurrent.CompletableFuture;
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

    private record Ignored() implements Subscription {

        @Override
        public void request(long count) {}

        @Override
        public void cancel() {}
    }
}
