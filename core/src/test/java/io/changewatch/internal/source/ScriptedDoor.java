package io.changewatch.internal.source;

import io.changewatch.StartPosition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** A driver that publishes, and servers that answer looks, when the test says so. */
final class ScriptedDoor implements StreamDoor {
    /** Where looks were taken, in order. */
    final List<StartPosition> looks = new CopyOnWriteArrayList<>();

    final List<StartPosition> openings = new CopyOnWriteArrayList<>();
    /** Completed when it was asked whether all is tidied. */
    final CompletableFuture<Boolean> tidying = new CompletableFuture<>();

    final AtomicLong requested = new AtomicLong();
    final AtomicBoolean cancelled = new AtomicBoolean();
    volatile CompletableFuture<CursorReply> answer = new CompletableFuture<>();
    volatile CompletableFuture<Boolean> tidied = CompletableFuture.completedFuture(true);
    volatile boolean answers = true;
    Subscriber<? super RawBsonDocument> events;

    static RawBsonDocument event(String json) {
        return new RawBsonDocument(BsonDocument.parse(json), new BsonDocumentCodec());
    }

    @Override
    public Publisher<RawBsonDocument> events(StartPosition position) {
        openings.add(position);
        return subscriber -> {
            events = subscriber;
            subscriber.onSubscribe(new Subscription() {
                @Override
                public void request(long count) {
                    requested.addAndGet(count);
                }

                @Override
                public void cancel() {
                    cancelled.set(true);
                }
            });
        };
    }

    @Override
    public CompletableFuture<CursorReply> look(StartPosition position, int count, Duration within) {
        looks.add(position);
        return answer;
    }

    @Override
    public int strays() {
        return 0;
    }

    @Override
    public boolean answers(Duration within) {
        return answers;
    }

    @Override
    public CompletableFuture<?> tidied() {
        tidying.complete(true);
        return tidied;
    }

    @Override
    public boolean knowsServer() {
        return true;
    }

    @Override
    public String description() {
        return "shop.orders at db1:27017";
    }
}
