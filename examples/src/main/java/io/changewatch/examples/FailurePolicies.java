package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HistoryLostDecision.HistoryLost;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.file.FileResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Says what is done about each kind of failure, instead of what is done by default. */
public final class FailurePolicies {

    private FailurePolicies() {}

    /** Runs until Ctrl-C, or until the collection is dropped. */
    public static void main(String[] args) throws InterruptedException {
        ChangeWatcher watcher = watch(Example.uri(args), new Payments());
        Example.runUntilStopped(watcher);
        System.out.println("ended " + watcher.state());
    }

    static ChangeWatcher watch(String uri, Payments payments) {
        // @start region="policies"
        RetryPolicy reconnect = RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30))
                .jitter(0.5)
                .maxElapsed(Duration.ofHours(6));
        RetryPolicy threeTimes = RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(1))
                .maxAttempts(3);
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("payments")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .retry(reconnect)
                .validate(FailurePolicies::requireAPrice)
                .whenHandlerFails(HandlerFailurePolicy.retry(threeTimes).thenSkip())
                .whenHistoryLost(FailurePolicies::whatTheOplogHolds)
                .whenInvalidated(InvalidatedPolicy.STOP)
                .listener(new SkippedOrders())
                .onInsert(event -> payments.charge(event.document()))
                .onEvent(FailurePolicies::reportGap)
                .start();
        // @end
    }

    // @start region="reports"
    private static void requireAPrice(Order order) {
        if (order.cents() <= 0) {
            throw new IllegalArgumentException("no price");
        }
    }

    private static void reportGap(ChangeEvent<Order> event) {
        if (event instanceof Gap<Order> gap) {
            System.out.println(
                    "lost everything from " + gap.fromWallTime() + " to " + gap.toWallTime() + ": " + gap.cause());
        }
    }

    /** A skipped event does not come again: this is the place to keep it. */
    private static final class SkippedOrders implements WatcherListener {
        @Override
        public void eventSkipped(EventSkipped notice) {
            System.out.println("skipped " + notice.raw().getDocument("documentKey") + ": "
                    + notice.cause().getMessage());
        }
    }
    // @end

    // @start region="history-lost"
    /** A short gap is worth what the oplog still holds; after a long one somebody has to look. */
    private static HistoryLostPolicy whatTheOplogHolds(HistoryLost lost) {
        Instant position = lost.positionWallTime().orElse(Instant.MIN);
        boolean isShort = lost.oldestWallTime()
                .filter(oldest -> oldest.isBefore(position.plus(Duration.ofHours(1))))
                .isPresent();
        return isShort ? HistoryLostPolicy.RESTART_FROM_OLDEST : HistoryLostPolicy.FAIL;
    }
    // @end

    /** Stands for a service that is not always there. Used by the watcher's thread only. */
    static final class Payments {
        private final Map<String, Integer> attempts = new HashMap<>();

        void charge(Order order) throws IOException {
            int attempt = attempts.merge(order.id(), 1, Integer::sum);
            if (order.status().equals("UNLUCKY") && attempt < 3) {
                throw new IOException("the bank does not answer");
            }
            System.out.println("charged " + order.id() + " at attempt " + attempt);
        }
    }
}
