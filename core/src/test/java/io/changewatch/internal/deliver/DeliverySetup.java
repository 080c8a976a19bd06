package io.changewatch.internal.deliver;

import io.changewatch.HandlerFailurePolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.EventContext;
import io.changewatch.event.Insert;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;

/**
 * What a deliverer is given in tests: remembers notices, waits and progress.
 *
 * <p>Not thread-safe, but for what was recorded.
 */
final class DeliverySetup implements WatcherListener {
    final List<Object> notices = new CopyOnWriteArrayList<>();
    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    final List<Integer> handled = new CopyOnWriteArrayList<>();

    /** An event at cluster time {@code seconds}/1 whose document is that number. */
    static Insert<Integer> event(int seconds) {
        BsonDocument id = new BsonDocument("_id", new BsonInt32(seconds));
        EventContext context =
                new EventContext(token(seconds), time(seconds), Instant.EPOCH, Optional.empty(), Optional.empty(), id);
        return new Insert<>(context, Namespace.of("shop", "orders"), id, seconds);
    }

    static ResumeToken token(int seconds) {
        return new ResumeToken(new BsonDocument("_data", new BsonString(String.format("82%08X", seconds))));
    }

    static BsonTimestamp time(int seconds) {
        return new BsonTimestamp(seconds, 1);
    }

    FailureHandling failures(HandlerFailurePolicy policy) {
        return new FailureHandling("orders", policy, this, () -> 0, () -> 0, pauses::add);
    }

    /** Remembers how far everything is handled. */
    Deliverer.Progress progress() {
        return (token, clusterTime, events) -> handled.add(clusterTime.getTime());
    }

    static int timeOf(ChangeEvent<?> event) {
        return event.clusterTime().getTime();
    }

    @Override
    public void handlerRetried(HandlerRetried notice) {
        notices.add(notice);
    }

    @Override
    public void handlerSlow(HandlerSlow notice) {
        notices.add(notice);
    }

    @Override
    public void eventSkipped(EventSkipped notice) {
        notices.add(notice);
    }
}
