package io.changewatch.internal.deliver;

import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.HandlerRetried;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the application's code for one event until it works or the policy gives up.
 *
 * <p>Called on the watcher's thread only, except {@link #count()}.
 */
public final class FailureHandling {
    private static final Logger LOG = LoggerFactory.getLogger(FailureHandling.class);

    private final String watcher;
    private final HandlerFailurePolicy policy;
    private final WatcherListener listener;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final Pause pause;
    private final @Nullable Runnable guard;
    private final AtomicLong count = new AtomicLong();

    /** Handling by {@code policy}, waiting with {@code pause} between attempts. */
    public FailureHandling(
            String watcher,
            HandlerFailurePolicy policy,
            WatcherListener listener,
            LongSupplier nanoTime,
            RandomGenerator random,
            Pause pause) {
        this(watcher, policy, listener, nanoTime, random, pause, null);
    }

    /** The same; {@code guard} is called before each attempt, and throws if there must be none. */
    public FailureHandling(
            String watcher,
            HandlerFailurePolicy policy,
            WatcherListener listener,
            LongSupplier nanoTime,
            RandomGenerator random,
            Pause pause,
            @Nullable Runnable guard) {
        this.watcher = watcher;
        this.policy = policy;
        this.listener = listener;
        this.nanoTime = nanoTime;
        this.random = random;
        this.pause = pause;
        this.guard = guard;
    }

    /** Waits, unless the watcher is stopped meanwhile. */
    @FunctionalInterface
    public interface Pause {
        /**
         * Waits for {@code delay}; throws some exception if the watcher is stopped.
         *
         * @throws InterruptedException if the watcher's thread is interrupted
         */
        void await(Duration delay) throws InterruptedException;
    }

    /** Work on an event that can be tried again. */
    @FunctionalInterface
    interface Attempt<E> {
        void run(E event) throws Exception;
    }

    /** How many attempts have failed. */
    public long count() {
        return count.get();
    }

    /** Runs {@code attempt} by the policy; returns whether it worked, or else the event is to be skipped. */
    <E extends ChangeEvent<?>> boolean run(E event, Attempt<? super E> attempt) throws InterruptedException {
        long firstFailure = 0;
        for (int failures = 1; ; failures++) {
            if (guard != null) {
                guard.run();
            }
            try {
                attempt.run(event);
                return true;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                count.incrementAndGet();
                firstFailure = failures == 1 ? nanoTime.getAsLong() : firstFailure;
                Duration elapsed = Duration.ofNanos(nanoTime.getAsLong() - firstFailure);
                Optional<Duration> delay = policy.retry().delayAfter(failures, elapsed, random);
                if (delay.isEmpty()) {
                    giveUp(event, failures, e);
                    return false;
                }
                retryLater(event, failures, delay.get(), e);
            }
        }
    }

    private void retryLater(ChangeEvent<?> event, int failures, Duration delay, Exception cause)
            throws InterruptedException {
        LOG.warn(
                "[{}] The handler failed for {} (attempt {}), trying again in {} ms.",
                watcher,
                describe(event),
                failures,
                delay.toMillis(),
                cause);
        listener.handlerRetried(new HandlerRetried(watcher, event, failures, delay, cause));
        pause.await(delay);
    }

    private void giveUp(ChangeEvent<?> event, int failures, Exception cause) {
        if (!policy.skips()) {
            throw new HandlerFailedException(
                    "Watcher '" + watcher + "' stopped: the handler failed for " + describe(event) + " after "
                            + failures
                            + (failures == 1 ? " attempt" : " attempts") + " with " + cause
                            + ". The event is not checkpointed and comes again at the next start. Mend the handler, or choose "
                            + "whenHandlerFails(...) to retry longer or skip.",
                    cause);
        }
        LOG.warn("[{}] Skipped {}: its handler failed {} times.", watcher, describe(event), failures, cause);
        listener.eventSkipped(new EventSkipped(watcher, event.raw(), cause));
    }

    /** Names kind, place and time; never a key or a value. */
    private static String describe(ChangeEvent<?> event) {
        String place = event.namespace().map(namespace -> " in " + namespace).orElse("");
        return event.operationType().value() + place + " at cluster time "
                + event.clusterTime().getTime() + "/" + event.clusterTime().getInc();
    }
}
