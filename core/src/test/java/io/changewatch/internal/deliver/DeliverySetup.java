package io.changewatch.internal.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.HandlerFailurePolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.EventContext;
import io.changewatch.event.Insert;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * What a deliverer is given in tests: remembers notices, waits, progress and threads.
 *
 * <p>Not thread-safe, but for what was recorded.
 */
final class DeliverySetup implements WatcherListener {
    static final Duration LONG = Duration.ofHours(1);
    static final HandlerFailurePolicy TWICE =
            HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofMillis(10), Duration.ofMillis(10))
                    .maxAttempts(2));

    final ManualTime time = new ManualTime();
    final List<Object> notices = new CopyOnWriteArrayList<>();
    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    /** The cluster times of the positions up to which everything was handled, in seconds. */
    final List<Integer> handled = new CopyOnWriteArrayList<>();
    /** The cluster times of the events whose end was told, in seconds. */
    final List<Integer> told = new CopyOnWriteArrayList<>();
    /** Those of the batches whose end was told. */
    final List<List<Integer>> ended = new CopyOnWriteArrayList<>();
    /** What threads of the deliverer failed with. */
    final List<Throwable> failures = new CopyOnWriteArrayList<>();

    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private @Nullable GivenUpEvents givenUp;

    /** What is given up is kept here, not left out. */
    void parkIn(GivenUpEvents given) {
        givenUp = given;
    }

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
        return new FailureHandling("orders", policy, this, () -> 0, () -> 0, pauses::add, givenUp, null);
    }

    /** Remembers what it is told. */
    Deliverer.Progress progress() {
        return new Deliverer.Progress() {
            @Override
            public void handled(ResumeToken token, BsonTimestamp clusterTime, int events) {
                handled.add(clusterTime.getTime());
            }

            @Override
            public void eventEnds(ChangeEvent<?> event, Duration took) {
                told.add(timeOf(event));
            }

            @Override
            public void batchEnds(List<? extends ChangeEvent<?>> events, Duration took) {
                ended.add(events.stream().map(DeliverySetup::timeOf).toList());
            }

            @Override
            public void failed(Throwable cause) {
                failures.add(cause);
            }
        };
    }

    /** Up to which cluster time everything was handled, in seconds; 0 for none. */
    int last() {
        return handled.isEmpty() ? 0 : handled.get(handled.size() - 1);
    }

    /** A thread that {@link #endThreads} ends. */
    Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setUncaughtExceptionHandler((dead, error) -> {});
        threads.add(thread);
        return thread;
    }

    /** Throws what Java would have declared, and other languages do not. */
    static RuntimeException undeclared(Throwable thrown) {
        return DeliverySetup.<RuntimeException>throwAs(thrown);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as the compiler believes it
    private static <E extends Throwable> E throwAs(Throwable thrown) throws E {
        throw (E) thrown;
    }

    /** A thread that the machine refuses. */
    static Thread unstartable(Error refusal) {
        return new Thread() {
            @Override
            public synchronized void start() {
                throw refusal;
            }
        };
    }

    /** Every thread that was made. */
    List<Thread> threads() {
        return threads;
    }

    void endThreads() throws InterruptedException {
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join();
        }
    }

    /** Hands out events whose end is told later. */
    static void deliver(Deliverer<Integer> deliverer, int... numbers) throws InterruptedException {
        for (int number : numbers) {
            assertThat(deliverer.deliver(event(number))).isFalse();
        }
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
