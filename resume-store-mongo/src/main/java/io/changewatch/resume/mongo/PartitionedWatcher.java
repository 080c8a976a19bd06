package io.changewatch.resume.mongo;

import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.deadletter.DeadLetters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream, shared by all instances of an application: split into partitions by the hash of the document key, of which each
 * instance has its share. When an instance joins, leaves or dies, the shares change, and few partitions move.
 *
 * {@snippet class="io.changewatch.examples.SharedStream" region="start"}
 *
 * <p>Each partition is a watcher of its own, with a stream, a checkpoint (named {@code order-indexer-3-of-8}), a
 * {@link MongoLease} and threads of its own; see {@link ChangeWatcherBuilder#partition} for what that costs the server, which
 * reads the whole oplog for each. The instances know of each other by a document in the collection {@code changewatch_members}, to
 * which each gives a sign of life every second. Events of one document key come in order; handlers, listeners and
 * validations are called by as many threads as this instance has partitions.
 *
 * <p>All instances must be given the same name and number of partitions. Another number is another set of checkpoints: to change
 * it, stop all instances, and begin the new ones with {@code startFrom(...)} at the oldest position of the old ones.
 *
 * <p>When the watcher of one partition ends, by a failure, by {@code whenInvalidated(STOP)} or because somebody closes it, all of this
 * instance are closed: {@link #failure()} tells why, and others take the partitions over. Park what cannot be handled, if one event is not to stop one instance after the other; {@link Plan#deadLetters()} has the letters.
 *
 * <p>Thread-safe.
 */
public final class PartitionedWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionedWatcher.class);

    private static final Duration TTL = Duration.ofSeconds(15);
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST = Duration.ofDays(1_000);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);

    private final String name;
    private final Duration interval;
    private final Partitions partitions;
    private final Thread thread;
    private final Semaphore wakeups = new Semaphore(0);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean stopped;
    private volatile Duration closeWithin = CLOSE_WITHIN;

    private PartitionedWatcher(Plan<?> plan) {
        this.name = plan.name;
        this.interval = shorter(SIGN_OF_LIFE, plan.ttl.dividedBy(3));
        this.partitions = new Partitions(
                name,
                plan.count,
                new Members(plan.database, name, plan.ttl, shorter(TIMEOUT, plan.ttl)),
                plan::watcher,
                this::closeAside);
        this.thread = new Thread(this::run, "changewatch-" + name + "-partitions");
    }

    /** Closing waits for handlers, and those of several partitions are not to wait for each other. */
    private void closeAside(Runnable work) {
        Thread closer = new Thread(work, "changewatch-" + name + "-closing");
        closer.setDaemon(true);
        closer.start();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /**
     * Plans to share the stream of {@code watcher} under {@code name}. The builder's own name, {@code partition(...)} and lease are
     * replaced; what is changed in it later does not matter.
     *
     * @param count of partitions, which all instances must agree on
     * @param database where leases and members are kept: any that all instances reach, not the watched one if its scope contains it
     * @throws ConfigurationException if {@code name} is blank, or {@code count} is not positive
     */
    public static <T> Plan<T> of(String name, int count, MongoDatabase database, ChangeWatcherBuilder<T> watcher) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(database, "database");
        if (name.isBlank()) {
            throw new ConfigurationException("A partitioned watcher needs a name that is not blank.", null);
        }
        if (count < 1) {
            throw new ConfigurationException(
                    "Watcher '" + name + "' cannot be split into " + count + " partitions: at least 1 is needed.",
                    null);
        }
        return new Plan<>(name, count, database, watcher.copy());
    }

    /** How a stream is to be shared. Not thread-safe. */
    public static final class Plan<T> {
        private final String name;
        private final int count;
        private final MongoDatabase database;
        private final ChangeWatcherBuilder<T> watcher;
        private Duration ttl = TTL;

        private Plan(String name, int count, MongoDatabase database, ChangeWatcherBuilder<T> watcher) {
            this.name = name;
            this.count = count;
            this.database = database;
            this.watcher = watcher;
        }

        /**
         * How long an instance may be silent before others take its partitions over. Default: 15 s.
         *
         * @throws IllegalArgumentException as {@link MongoLease#ttl(Duration)}
         */
        public Plan<T> ttl(Duration time) {
            this.ttl = MongoLease.in(database).ttl(time).ttl();
            return this;
        }

        /**
         * Takes part: returns when this instance's share has been started, which others may still have to give back; where the
         * server cannot be reached, with none, and goes on trying. {@link #active()} tells.
         *
         * @throws ConfigurationException if options are missing or contradict each other
         * @throws io.changewatch.ChangeWatchException as {@link ChangeWatcher#start()}
         */
        public PartitionedWatcher start() {
            watcher(0); // what is wrong with the options is wrong for each, and told before anybody knows of this one
            return new PartitionedWatcher(this).start();
        }

        /**
         * The letters of each partition, in their order, to be listed, handled by the builder's handlers, and dropped. Starts nothing; the
         * instances may run meanwhile.
         *
         * @throws ConfigurationException as {@link ChangeWatcherBuilder#deadLetters()}
         */
        public List<DeadLetters> deadLetters() {
            return IntStream.range(0, count)
                    .mapToObj(partition -> named(partition).deadLetters())
                    .toList();
        }

        private ChangeWatcherBuilder<T> named(int partition) {
            return watcher.copy().name(name + "-" + partition + "-of-" + count);
        }

        private ChangeWatcher watcher(int partition) {
            return named(partition)
                    .partition(partition, count)
                    .onlyOneActive(MongoLease.in(database).ttl(ttl))
                    .build();
        }
    }

    private PartitionedWatcher start() {
        try {
            partitions.balance();
        } catch (RuntimeException | Error e) {
            partitions.close(CLOSE_WITHIN);
            throw e;
        }
        thread.start();
        return this;
    }

    private void run() {
        try {
            while (!stopped && failure.get() == null && !partitions.hasEnded()) {
                if (wakeups.tryAcquire(interval.toNanos(), TimeUnit.NANOSECONDS)) {
                    continue;
                }
                partitions.balance();
            }
            partitions.failure().ifPresent(failure::set);
        } catch (InterruptedException e) {
            LOG.warn("[{}] Its thread was interrupted; stopping.", name);
        } catch (Throwable e) { // listeners, codecs and stores may throw anything: the end must be told
            failure.set(e);
        }
        end();
    }

    private void end() {
        Throwable reason = failure.get();
        if (reason != null) {
            LOG.error("[{}] Failed; closing all partitions of this instance.", name, reason);
        }
        try {
            partitions.close(closeWithin);
        } finally {
            ended.countDown();
        }
    }

    /** The partitions that this instance reads at this moment. Those of its share that another one still holds, or that are recovering from a failure, are not among them. */
    public Set<Integer> active() {
        return partitions.active();
    }

    /** The watchers of this instance's share, by partition, to ask for their states and figures. */
    public Map<Integer, ChangeWatcher> watchers() {
        return partitions.watchers();
    }

    /** Why this instance has ended by itself; empty if it has not. */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure.get());
    }

    /**
     * Waits until this instance has ended, by {@link #close()} or by a failure.
     *
     * @return whether it ended within {@code timeout}
     * @throws InterruptedException if the calling thread is interrupted
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        return ended.await(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
    }

    /** {@link #close(Duration)} with 10 s. */
    @Override
    public void close() {
        close(CLOSE_WITHIN);
    }

    /**
     * Closes all watchers of this instance side by side, as {@link ChangeWatcher#close(Duration)}, gives their leases back and leaves: the
     * others take over at once. Must not be called from a handler. Never throws.
     *
     * @return whether all have ended within {@code deadline}
     */
    public boolean close(Duration deadline) {
        Duration limit = shorter(deadline, LONGEST);
        closeWithin = limit;
        stopped = true;
        if (ended.getCount() > 0) {
            partitions.stop(limit);
        }
        wakeups.release();
        try {
            return awaitTermination(limit.plusSeconds(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
