package io.changewatch.resume.mongo;

import io.changewatch.ChangeWatchException;
import io.changewatch.ChangeWatcher;
import io.changewatch.ConfigurationException;
import io.changewatch.WatcherState;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watchers of the partitions that this instance has to have: started, and closed, as members come and go.
 *
 * <p>A partition that is to move is closed here and started there at once; that the one ends before the other begins is the lease's
 * affair. {@link #balance} and {@link #close} are called by one thread at a time, the others by any.
 */
final class Partitions {
    private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);

    private final String name;
    private final int count;
    private final Membership membership;
    private final IntFunction<ChangeWatcher> watchers;
    private final Executor closing;
    private final Map<Integer, ChangeWatcher> running = new ConcurrentHashMap<>();
    private final Map<Integer, ChangeWatcher> ending = new ConcurrentHashMap<>();
    private Set<Integer> wanted = Set.of();
    private boolean isAlone;
    private boolean wereKnown;
    private volatile boolean stopped;

    /** {@code watchers} builds the watcher of a partition; {@code closing} runs what waits for one to end. */
    Partitions(String name, int count, Membership membership, IntFunction<ChangeWatcher> watchers, Executor closing) {
        this.name = name;
        this.count = count;
        this.membership = membership;
        this.watchers = watchers;
        this.closing = closing;
    }

    /** Gives a sign of life, gives back what is another's now, and starts what is missing. Throws what a start does. */
    void balance() {
        wanted = share();
        Map.copyOf(running).forEach((partition, watcher) -> {
            if (!wanted.contains(partition)) {
                giveBack(partition, watcher);
            }
        });
        wanted.stream().filter(this::isMissing).forEach(this::begin);
    }

    private boolean isMissing(int partition) {
        return !running.containsKey(partition) && !ending.containsKey(partition);
    }

    private void begin(int partition) {
        ChangeWatcher watcher = watchers.apply(partition);
        running.put(partition, watcher);
        if (!stopped) { // stop() sees the others
            start(watcher);
        }
    }

    private void start(ChangeWatcher watcher) {
        try {
            watcher.start();
        } catch (IllegalStateException e) {
            if (!stopped) { // otherwise it is closed before it was started
                throw e;
            }
        }
    }

    /** Without an answer, what was agreed holds: the leases see to it that nobody works twice. */
    private Set<Integer> share() {
        try {
            Set<String> members = membership.beat();
            if (isAlone) {
                LOG.info("[{}] The members are known again.", name);
            }
            isAlone = false;
            wereKnown = true;
            return Shares.of(membership.self(), members, count);
        } catch (StoreException | ConfigurationException e) {
            if (!wereKnown && e instanceof ConfigurationException) {
                throw e;
            }
            if (!isAlone) {
                LOG.warn("[{}] The members are not known now; keeping the partitions {}.", name, wanted, e);
            }
            isAlone = true;
            return wanted;
        }
    }

    private void giveBack(int partition, ChangeWatcher watcher) {
        LOG.info("[{}] Giving partition {} of {} back.", name, partition, count);
        running.remove(partition);
        ending.put(partition, watcher);
        closing.execute(() -> {
            watcher.close();
            ending.remove(partition);
        });
    }

    /** The partitions whose watcher has the lease and reads. */
    Set<Integer> active() {
        Set<Integer> active = new TreeSet<>();
        running.forEach((partition, watcher) -> {
            if (watcher.state() == WatcherState.RUNNING) {
                active.add(partition);
            }
        });
        return active;
    }

    /** The watchers of this instance by their partitions. */
    Map<Integer, ChangeWatcher> watchers() {
        return new TreeMap<>(running);
    }

    /** Whether a watcher has ended by itself: nobody would read its partition. */
    boolean hasEnded() {
        return running.values().stream().anyMatch(watcher -> watcher.state().isTerminal());
    }

    /** Why a watcher failed, if one did. */
    Optional<Throwable> failure() {
        return running.values().stream()
                .flatMap(watcher -> watcher.failure().stream())
                .findFirst();
    }

    /** Begins to close all watchers, also one that is just being started, and starts no other. May be called by any thread. */
    void stop(Duration deadline) {
        stopped = true;
        running.values().forEach(watcher -> closing.execute(() -> watcher.close(deadline)));
    }

    /** Closes all watchers at once, and leaves; returns whether they have ended in time. */
    boolean close(Duration deadline) {
        List<ChangeWatcher> all = new ArrayList<>(running.values());
        all.addAll(ending.values());
        long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(deadline);
        all.forEach(watcher -> closing.execute(() -> watcher.close(deadline)));
        boolean ended = true;
        for (ChangeWatcher watcher : all) {
            ended &= hasEnded(watcher, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        leave();
        return ended;
    }

    private static boolean hasEnded(ChangeWatcher watcher, Duration left) {
        try {
            return watcher.state() == WatcherState.NEW || watcher.awaitTermination(left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void leave() {
        try {
            membership.leave();
        } catch (ChangeWatchException e) {
            LOG.warn("[{}] Could not tell the others of the end; they learn it later.", name, e);
        }
    }
}
