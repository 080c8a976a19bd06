package io.changewatch.internal.deliver;

import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.HandlerRetried;
import io.changewatch.observe.WatcherListener.HandlerSlow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the application's code for one event, or for a batch of them, until it works or the policy gives up.
 *
 * <p>Thread-safe.
 */
public final class FailureHandling {
    private static final Logger LOG = LoggerFactory.getLogger(FailureHandling.class);

    private final String watcher;
    private final HandlerFailurePolicy policy;
    private final WatcherListener listener;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final Pause pause;
    private final @Nullable GivenUpEvents givenUp;
    private final @Nullable Runnable guard;
    private final AtomicLong count = new AtomicLong();
    private final Subject<ChangeEvent<?>> single = new Single();
    private final Subject<List<? extends ChangeEvent<?>>> batch = new Batch();

    /** Handling by {@code policy}, waiting with {@code pause} between attempts. */
    public FailureHandling(
            String watcher,
            HandlerFailurePolicy policy,
            WatcherListener listener,
            LongSupplier nanoTime,
            RandomGenerator random,
            Pause pause) {
        this(watcher, policy, listener, nanoTime, random, pause, null, null);
    }

    /** The same, with {@code givenUp} for what the policy gives up; {@code guard} is called before each attempt, and throws if there must be none. */
    public FailureHandling(
            String watcher,
            HandlerFailurePolicy policy,
            WatcherListener listener,
            LongSupplier nanoTime,
            RandomGenerator random,
            Pause pause,
            @Nullable GivenUpEvents givenUp,
            @Nullable Runnable guard) {
        this.watcher = watcher;
        this.policy = policy;
        this.listener = listener;
        this.nanoTime = nanoTime;
        this.random = random;
        this.pause = pause;
        this.givenUp = givenUp;
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

    /** What was tried, as it is told. */
    interface Subject<W> {
        /** For which notices are given. */
        ChangeEvent<?> first(W work);

        String describe(W work);

        /** At the beginning of a sentence. */
        String noun();

        /** Which code of the application was called. */
        default String called() {
            return "handler";
        }

        /** The policy is to skip, or to park. */
        void givenUp(W work, int failures, Exception cause) throws InterruptedException;
    }

    /** The watcher's name. */
    String watcher() {
        return watcher;
    }

    /** How many attempts have failed. */
    public long count() {
        return count.get();
    }

    /** Runs {@code attempt} by the policy; returns whether it worked, or else the event is to be passed over. */
    <E extends ChangeEvent<?>> boolean run(E event, Attempt<? super E> attempt) throws InterruptedException {
        if (givenUp != null && givenUp.holdsBack(event)) {
            return false;
        }
        return run(event, attempt, single);
    }

    /** Waits until all that was handed out is handled. */
    @FunctionalInterface
    interface Settling {
        void await() throws InterruptedException;
    }

    /** What is tried ahead of older events: given up, it waits for them before it is kept. Made once. */
    Subject<ChangeEvent<?>> ahead(Settling older) {
        return new Ahead(older);
    }

    /** {@link #run}, for what comes before an event is handed to who holds it back if need be. */
    <E extends ChangeEvent<?>> boolean runAhead(E event, Attempt<? super E> attempt, Subject<ChangeEvent<?>> ahead)
            throws InterruptedException {
        return run(event, attempt, ahead);
    }

    /**
     * Asked before an attempt by who makes it himself.
     *
     * @return whether the event is kept, as an older one of its document is, and is not to be handled
     */
    boolean isHeldBack(ChangeEvent<?> event) throws InterruptedException {
        if (guard != null) {
            guard.run();
        }
        return givenUp != null && givenUp.holdsBack(event);
    }

    /** Those of {@code events} that are not kept behind an older one of their document. */
    <E extends ChangeEvent<?>> List<E> notHeldBack(List<E> events) throws InterruptedException {
        return givenUp == null ? events : notHeldBack(events, givenUp);
    }

    /** {@link #run} for a batch; returns whether it worked, or else its events are to be tried one by one. */
    <E extends ChangeEvent<?>> boolean runBatch(List<E> events, Attempt<? super List<E>> attempt)
            throws InterruptedException {
        return run(events, attempt, batch);
    }

    private static <E extends ChangeEvent<?>> List<E> notHeldBack(List<E> events, GivenUpEvents givenUp)
            throws InterruptedException {
        List<E> open = new ArrayList<>(events.size());
        for (E event : events) {
            if (!givenUp.holdsBack(event)) {
                open.add(event);
            }
        }
        return List.copyOf(open);
    }

    private <W> boolean run(W work, Attempt<? super W> attempt, Subject<? super W> subject)
            throws InterruptedException {
        long firstFailure = 0;
        for (int failures = 1; ; failures++) {
            if (guard != null) {
                guard.run();
            }
            try {
                attempt.run(work);
                return true;
            } catch (InterruptedException | DeliveryFailedException e) {
                throw e;
            } catch (Exception e) {
                firstFailure = failures == 1 ? nanoTime.getAsLong() : firstFailure;
                Optional<Duration> delay = delayAfter(work, failures, firstFailure, e, subject);
                if (delay.isEmpty()) {
                    return false;
                }
                pause.await(delay.get());
            }
        }
    }

    /**
     * An attempt has failed, of somebody who waits himself.
     *
     * @param failures how many have failed so far, this one included
     * @param firstFailure when the first did, by the clock that only runs forward
     * @return the time until the next; empty if the event is to be skipped
     * @throws HandlerFailedException if the policy gives up
     */
    Optional<Duration> delayAfter(ChangeEvent<?> event, int failures, long firstFailure, Exception cause)
            throws InterruptedException {
        return delayAfter(event, failures, firstFailure, cause, single);
    }

    private <W> Optional<Duration> delayAfter(
            W work, int failures, long firstFailure, Exception cause, Subject<? super W> subject)
            throws InterruptedException {
        count.incrementAndGet();
        Duration elapsed = Duration.ofNanos(nanoTime.getAsLong() - firstFailure);
        Optional<Duration> delay = policy.retry().delayAfter(failures, elapsed, random);
        if (delay.isEmpty()) {
            giveUp(work, failures, cause, subject);
            return delay;
        }
        LOG.warn(
                "[{}] The {} failed for {} (attempt {}), trying again in {} ms.",
                watcher,
                subject.called(),
                subject.describe(work),
                failures,
                delay.get().toMillis(),
                cause);
        listener.handlerRetried(new HandlerRetried(watcher, subject.first(work), failures, delay.get(), cause));
        return delay;
    }

    /**
     * The application has given an event up that is not handed out again; returns if the policy is to skip it.
     *
     * @throws HandlerFailedException if it is not
     */
    void givenUp(ChangeEvent<?> event, Exception cause) throws InterruptedException {
        count.incrementAndGet();
        giveUp(event, 1, cause, single);
    }

    /** A handler has been running for longer than is usual, and still is. */
    void slow(ChangeEvent<?> event, Duration duration) {
        LOG.warn("[{}] The handler has been running for {} ms for {}.", watcher, duration.toMillis(), describe(event));
        listener.handlerSlow(new HandlerSlow(watcher, event, duration));
    }

    /** A handler does not end although it was interrupted when its time was up: nothing can be decided about its event. */
    void stuck(ChangeEvent<?> event, Duration duration) {
        LOG.warn(
                "[{}] The handler does not end for {}, though it was interrupted when its time was up: it has been running for {}"
                        + " ms. Until it ends, its event is not retried, skipped or parked, and those of its key wait. Let the"
                        + " handler end when its thread is interrupted.",
                watcher,
                describe(event),
                duration.toMillis());
        listener.handlerSlow(new HandlerSlow(watcher, event, duration));
    }

    private <W> void giveUp(W work, int failures, Exception cause, Subject<? super W> subject)
            throws InterruptedException {
        if (givenUp == null && !policy.skips()) {
            throw new HandlerFailedException(
                    "Watcher '" + watcher + "' stopped: the " + subject.called() + " failed for "
                            + subject.describe(work)
                            + " after " + failures
                            + (failures == 1 ? " attempt" : " attempts") + " with " + sentence(cause)
                            + " " + subject.noun()
                            + " is not checkpointed and comes again at the next start. Mend the " + subject.called()
                            + ", or choose "
                            + "whenHandlerFails(...) to retry longer or skip, or parkIn(...) to keep such events aside.",
                    cause);
        }
        subject.givenUp(work, failures, cause);
    }

    /** What was thrown may end with a full stop. */
    private static String sentence(Exception cause) {
        String text = cause.toString();
        return text.endsWith(".") ? text : text + ".";
    }

    private static String times(int failures) {
        return failures == 1 ? "once" : failures + " times";
    }

    /** Names kind, place and time; never a key or a value. */
    private static String describe(ChangeEvent<?> event) {
        String place = event.namespace().map(namespace -> " in " + namespace).orElse("");
        return event.operationType().value() + place + " at cluster time " + time(event);
    }

    private static String time(ChangeEvent<?> event) {
        return event.clusterTime().getTime() + "/" + event.clusterTime().getInc();
    }

    private class Single implements Subject<ChangeEvent<?>> {
        @Override
        public ChangeEvent<?> first(ChangeEvent<?> event) {
            return event;
        }

        @Override
        public String describe(ChangeEvent<?> event) {
            return FailureHandling.describe(event);
        }

        @Override
        public String noun() {
            return "The event";
        }

        @Override
        public void givenUp(ChangeEvent<?> event, int failures, Exception cause) throws InterruptedException {
            if (givenUp != null) {
                givenUp.giveUp(event, failures, cause);
                return;
            }
            LOG.warn("[{}] Skipped {}: the {} failed {}.", watcher, describe(event), called(), times(failures), cause);
            listener.eventSkipped(new EventSkipped(watcher, event.raw(), cause));
        }
    }

    private final class Ahead extends Single {
        private final Settling older;

        private Ahead(Settling older) {
            this.older = older;
        }

        @Override
        public String called() {
            return "function of orderedBy(...)";
        }

        @Override
        public void givenUp(ChangeEvent<?> event, int failures, Exception cause) throws InterruptedException {
            if (givenUp != null) {
                older.await();
            }
            super.givenUp(event, failures, cause);
        }
    }

    private final class Batch implements Subject<List<? extends ChangeEvent<?>>> {
        @Override
        public ChangeEvent<?> first(List<? extends ChangeEvent<?>> events) {
            return events.get(0);
        }

        @Override
        public String describe(List<? extends ChangeEvent<?>> events) {
            return "a batch of " + events.size() + " events from " + FailureHandling.describe(first(events)) + " to "
                    + time(events.get(events.size() - 1));
        }

        @Override
        public String noun() {
            return "The batch";
        }

        @Override
        public void givenUp(List<? extends ChangeEvent<?>> events, int failures, Exception cause) {
            LOG.warn(
                    "[{}] The handler failed {} for {}; handing its events out one by one, to pass over only those that fail.",
                    watcher,
                    times(failures),
                    describe(events),
                    cause);
        }
    }
}
