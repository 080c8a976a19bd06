package io.changewatch.soak;

import com.mongodb.MongoException;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServerException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes one fault after the other, chosen by a seed, and heals each before the next. The seed fixes which faults come in which
 * order and how long each lasts; what else happens at that moment is up to the machine.
 *
 * <p>Used by one thread.
 */
final class FaultSchedule {
    private static final Duration READY_AGAIN_WITHIN = Duration.ofMinutes(1);

    private final Random random;
    private final LocalReplicaSet servers;
    private final WatcherProcess watcher;
    private final List<Fault> faults;
    private final Map<String, Integer> byKind = new TreeMap<>();
    private final CountDownLatch never = new CountDownLatch(1);

    FaultSchedule(long seed, LocalReplicaSet servers, WatcherProcess watcher) {
        this.random = new Random(seed);
        this.servers = servers;
        this.watcher = watcher;
        this.faults = new Faults(servers, watcher, this::pause).all();
    }

    /** One fault, healed when it returns. */
    record Fault(String name, Action action) {}

    /** What a fault does, for about so many milliseconds. */
    @FunctionalInterface
    interface Action {
        void run(int millis) throws Exception;
    }

    void runFor(Duration length) throws Exception {
        long end = System.nanoTime() + length.toNanos();
        pause(2_000);
        while (System.nanoTime() < end) {
            Fault fault = faults.get(random.nextInt(faults.size()));
            int millis = 500 + random.nextInt(7_500);
            int calm = 500 + random.nextInt(3_500);
            run(fault, millis);
            byKind.merge(fault.name(), 1, Integer::sum);
            pause(calm);
            requireAlive(fault);
        }
    }

    /** The set may be in no state for a fault, for instance between two primaries: then there is another one. */
    private void run(Fault fault, int millis) throws Exception {
        try {
            fault.action().run(millis);
        } catch (MongoException | TestServerException | IllegalStateException e) {
            byKind.merge("(not possible at that moment)", 1, Integer::sum);
        }
        servers.awaitMembers(READY_AGAIN_WITHIN);
        servers.awaitPrimary(READY_AGAIN_WITHIN);
    }

    private void requireAlive(Fault fault) {
        if (!watcher.isAlive()) {
            throw new IllegalStateException("The watcher's process ended after: " + fault.name());
        }
    }

    private void pause(int millis) throws InterruptedException {
        if (never.await(millis, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("nobody ends a pause");
        }
    }

    int count() {
        return byKind.values().stream().mapToInt(Integer::intValue).sum();
    }

    Map<String, Integer> byKind() {
        return byKind;
    }
}
