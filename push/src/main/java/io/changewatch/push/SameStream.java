package io.changewatch.push;

import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bson.BsonTimestamp;
import org.reactivestreams.Publisher;

/** Opens catch-up cursors on the watcher's own stream. */
record SameStream<T>(ChangeWatcherBuilder<T> builder, String name, AtomicInteger numbers)
        implements CatchUps.Opener<T> {

    SameStream(ChangeWatcherBuilder<T> builder, String name) {
        this(builder, name, new AtomicInteger());
    }

    @Override
    public Publisher<ChangeEvent<T>> open(
            ResumeToken after, BiConsumer<ResumeToken, BsonTimestamp> moved, Consumer<Optional<Throwable>> ended) {
        return builder.sameStream(name + "-catch-up-" + numbers.incrementAndGet())
                .startFrom(StartPosition.after(after))
                .whenHistoryLost(HistoryLostPolicy.FAIL) // the feed itself tells its clients of the gap
                .logPositionEvery(Duration.ZERO)
                .listener(new Listener(moved, ended))
                .publisher();
    }

    private record Listener(BiConsumer<ResumeToken, BsonTimestamp> moved, Consumer<Optional<Throwable>> ended)
            implements WatcherListener {

        @Override
        public void positionMoved(PositionMoved notice) {
            moved.accept(notice.position(), notice.clusterTime());
        }

        @Override
        public void stateChanged(StateChanged notice) {
            if (notice.to().isTerminal()) {
                ended.accept(notice.cause());
            }
        }
    }
}
