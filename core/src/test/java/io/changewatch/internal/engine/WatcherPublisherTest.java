package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.ConfigurationException;
import io.changewatch.Delivery;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

final class WatcherPublisherTest {
    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup().store(store);
    private final Recorder subscriber = new Recorder();

    @AfterEach
    void leavesNothingBehind() {
        subscriber.subscription.cancel();
        eventually(() -> setup.time.runningThreads().isEmpty());
        assertThat(setup.server.isAllClosed()).isTrue();
    }

    private WatcherPublisher<BsonDocument> publisher(boolean acknowledged) {
        return new WatcherPublisher<>(setup.settings(), () -> setup.server, acknowledged, setup.time);
    }

    @Test
    void subscribingStartsAWatcherAndCancellingEndsIt() throws InterruptedException {
        setup.server.opens().batch(insert(101), insert(102));
        publisher(false).subscribe(subscriber);
        setup.server.awaitQuiet();
        subscriber.subscription.cancel();

        eventually(() -> setup.time.runningThreads().isEmpty());
        assertThat(subscriber.times()).containsExactly(101, 102);
        assertThat(subscriber.ends).isEmpty();
        assertThat(setup.server.isClosed()).isTrue();
        assertThat(store.token()).hasValue(token(102));
    }

    @Test
    void savesNothingBeyondWhatIsAcknowledged() throws InterruptedException {
        setup.server.opens().batchUpTo(highWater(150), insert(101), insert(102), insert(103));
        publisher(true).subscribe(subscriber);
        setup.server.awaitQuiet();
        subscriber.received.get(0).acknowledge();
        subscriber.received.get(2).acknowledge();
        subscriber.subscription.cancel();

        eventually(() -> setup.time.runningThreads().isEmpty());
        assertThat(store.token()).hasValue(token(101));
    }

    @Test
    void savesNoGapBeforeWhatIsNotAcknowledged() throws InterruptedException {
        setup.whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW)
                .server
                .opens()
                .batch(insert(101))
                .fails(command(286));
        setup.server.opens().at(highWater(200));
        publisher(true).subscribe(subscriber);
        setup.server.awaitQuiet();
        subscriber.subscription.cancel();

        eventually(() -> setup.time.runningThreads().isEmpty());
        assertThat(subscriber.times()).containsExactly(101, 200);
        assertThat(store.token()).hasValue(highWater(ScriptedSource.NOW));
    }

    @Test
    void completesWhenTheWatcherStops() {
        setup.whenInvalidated(InvalidatedPolicy.STOP)
                .server
                .opens()
                .batch(insert(101))
                .ends();
        publisher(false).subscribe(subscriber);

        subscriber.awaitEnd();
        assertThat(subscriber.ends).containsExactly("complete");
        assertThat(subscriber.times()).containsExactly(101);
    }

    @Test
    void tellsTheSubscriberWhyItFails() {
        setup.server.refuses(command(40573));
        publisher(false).subscribe(subscriber);

        subscriber.awaitEnd();
        assertThat(subscriber.ends).singleElement().isInstanceOf(ConfigurationException.class);
    }

    @Test
    void refusesASecondSubscriber() throws InterruptedException {
        WatcherPublisher<BsonDocument> publisher = publisher(false);
        publisher.subscribe(subscriber);
        Recorder second = new Recorder();
        publisher.subscribe(second);

        assertThat(second.ends)
                .singleElement()
                .satisfies(failure -> assertThat((Throwable) failure)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage(
                                "Watcher 'orders' has a subscriber already, and its checkpoint belongs to that one. Share the events "
                                        + "behind one subscriber, or build another publisher with another name(...)."));
        second.subscription.request(1);
        second.subscription.cancel();
        setup.server.awaitQuiet();
        assertThat(setup.server.opened()).hasSize(1);
    }

    @Test
    void takesAnotherSubscriberAfterTheFirstOneContinuingAtTheCheckpoint() throws InterruptedException {
        setup.server.opens().batch(insert(101));
        WatcherPublisher<BsonDocument> publisher = publisher(false);
        Recorder first = new Recorder();
        publisher.subscribe(first);
        setup.server.awaitQuiet();
        first.subscription.cancel();
        eventually(() -> setup.time.runningThreads().isEmpty());
        publisher.subscribe(subscriber);
        eventually(() -> setup.server.opened().size() == 2);

        assertThat(setup.server.opened()).last().isEqualTo(StartPosition.after(token(101)));
        assertThat(subscriber.ends).isEmpty();
    }

    @Test
    void cancellingWhileItSubscribesStartsNothing() {
        subscriber.whenSubscribed = Subscription::cancel;
        publisher(false).subscribe(subscriber);

        assertThat(setup.server.opened()).isEmpty();
        assertThat(subscriber.ends).isEmpty();
    }

    @Test
    void anIllegalRequestWhileItSubscribesIsTold() {
        subscriber.whenSubscribed = subscribed -> subscribed.request(0);
        publisher(false).subscribe(subscriber);

        assertThat(setup.server.opened()).isEmpty();
        assertThat(subscriber.ends).singleElement().isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSubscriberThatThrowsWhileItSubscribesDoesNotKeepItsPlace() throws InterruptedException {
        WatcherPublisher<BsonDocument> publisher = publisher(false);
        Recorder throwing = new Recorder();
        throwing.whenSubscribed = subscribed -> {
            throw new IllegalStateException("cannot");
        };
        assertThatThrownBy(() -> publisher.subscribe(throwing)).hasMessage("cannot");

        publisher.subscribe(subscriber);
        setup.server.awaitQuiet();
        assertThat(subscriber.ends).isEmpty();
    }

    @Test
    void refusesNull() {
        subscriber.subscription = new Recorder.Nothing();

        assertThatThrownBy(() -> publisher(false).subscribe(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("subscriber");
    }

    private static final class Recorder implements Subscriber<Delivery<BsonDocument>> {
        private final List<Delivery<BsonDocument>> received = new CopyOnWriteArrayList<>();
        private final List<Object> ends = new CopyOnWriteArrayList<>();
        private Consumer<Subscription> whenSubscribed = subscribed -> subscribed.request(Long.MAX_VALUE);
        private volatile Subscription subscription;

        private List<Integer> times() {
            return received.stream()
                    .map(delivery -> delivery.event().clusterTime().getTime())
                    .toList();
        }

        private void awaitEnd() {
            eventually(() -> !ends.isEmpty());
        }

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            whenSubscribed.accept(given);
        }

        @Override
        public void onNext(Delivery<BsonDocument> delivery) {
            received.add(delivery);
        }

        @Override
        public void onError(Throwable failure) {
            ends.add(failure);
        }

        @Override
        public void onComplete() {
            ends.add("complete");
        }

        private static final class Nothing implements Subscription {
            @Override
            public void request(long n) {
                // Nothing comes.
            }

            @Override
            public void cancel() {
                // Nothing runs.
            }
        }
    }
}
