package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.CloseDeadline.GRACE;

import io.changewatch.ChangeWatcher;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.internal.checkpoint.NamedStore;
import io.changewatch.lease.Claim;
import io.changewatch.lease.LeaseLostException;
import io.changewatch.observe.WatcherListener.LeaseAcquired;
import io.changewatch.observe.WatcherListener.LeaseLost;
import io.changewatch.observe.WatcherStats;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watcher that watches while it has a lease, and stands by while another instance has it.
 *
 * <p>Each time it gets the lease, it makes a {@link WatcherEngine} anew, which loads the checkpoint, watches, and ends when the
 * lease is lost; nothing of one activity is in the next, but what was counted. The lease's thread asks, renews, and
 * begins and ends the watching:
 *
 * <pre>
 * win ──granted──→ engine starts ──→ hold ──engine ended──→ give back ──→ the end; or win, if the store refused its term
 *  ↑                                  │lost
 *  └──── engine has ended ←── engine is asked to stop
 * </pre>
 *
 * <p>The lease is given back when the last handler has returned and the last checkpoint is saved, and not before: what does not
 * return keeps it until its time is over.
 *
 * <p>Thread-safe.
 */
public final class LeasedWatcher<T> implements ChangeWatcher {
    private static final Logger LOG = LoggerFactory.getLogger(LeasedWatcher.class);
    private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final WatcherSettings<T> settings;
    private final LeaseSettings lease;
    private final SourceProvider provider;
    private final DelivererFactory<T> deliverers;
    private final Surroundings surroundings;
    private final Counters counters = new Counters();
    private final SafeListener listener;
    private final Lifecycle lifecycle;
    private final Waits waits;
    private final LeaseContest contest;
    private final Thread thread;
    private @Nullable JmxRegistration jmx;
    private volatile Turn<T> turn;
    private volatile boolean paused;

    /** A watcher that has not been started. */
    public LeasedWatcher(
            WatcherSettings<T> settings,
            LeaseSettings lease,
            SourceProvider provider,
            DelivererFactory<T> deliverers,
            Surroundings surroundings) {
        this.settings = settings;
        this.lease = lease;
        this.provider = provider;
        this.deliverers = deliverers;
        this.surroundings = surroundings;
        this.listener = new SafeListener(settings.name(), settings.listeners());
        this.lifecycle = new Lifecycle(settings.name(), listener, surroundings.lock());
        this.waits = new Waits(settings.name(), lifecycle);
        this.contest = new LeaseContest(settings.name(), lease, lifecycle, listener, surroundings);
        this.turn = turnAfter(0);
        this.thread = surroundings.thread("changewatch-" + settings.name() + "-lease", false, this::run);
    }

    /** Shows it to JMX from its start to its end. Called before it is started. */
    public LeasedWatcher<T> exposeThroughJmx() {
        jmx = new JmxRegistration(this);
        return this;
    }

    /** One activity, made before its lease is granted, so that there is always one to ask. */
    private record Turn<T>(Activity activity, WatcherEngine<T> engine, long earlierFailures) {
        Tenure tenure() {
            return activity.tenure();
        }
    }

    private Turn<T> turnAfter(long earlierFailures) {
        Tenure tenure = new Tenure(settings.name(), lease.lease().ttl(), surroundings);
        Activity activity = Activity.of(tenure, lifecycle);
        SourceProvider shared = new SharedProvider(provider);
        return new Turn<>(
                activity,
                new WatcherEngine<>(settings, shared, deliverers, surroundings, counters, activity),
                earlierFailures);
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public WatcherState state() {
        return lifecycle.state();
    }

    @Override
    public Optional<Throwable> failure() {
        return lifecycle.failure();
    }

    @Override
    public WatcherStats stats() {
        Turn<T> now = turn;
        return now.engine().stats(lifecycle.state(), now.earlierFailures(), contest.holder());
    }

    @Override
    public ChangeWatcher start() {
        lifecycle.starting();
        warnOfOwnStore();
        if (jmx != null) {
            jmx.open();
        }
        try {
            thread.start();
        } catch (Throwable e) { // the machine refuses it: whoever waits for the end must not do so for ever
            end(Optional.of(e));
            throw e;
        }
        waits.awaitStarted();
        return this;
    }

    /** Several instances on one machine are well, so this is no refusal. */
    private void warnOfOwnStore() {
        settings.checkpoints()
                .store()
                .filter(store -> !store.isShared())
                .ifPresent(store -> LOG.warn(
                        "[{}] {} keeps checkpoints on this machine only. An instance that takes over on another one does not find"
                                + " them: it begins anew, and leaves out events or repeats them. Use a store that all instances share, such as"
                                + " MongoResumeTokenStore, unless all of them run here.",
                        name(),
                        NamedStore.of(store)));
    }

    @Override
    public void awaitRunning(Duration timeout) throws TimeoutException, InterruptedException {
        waits.awaitRunning(timeout, this::whyStandingBy);
    }

    private String whyStandingBy() {
        return contest.holder()
                .map(holder -> holder.holder() + " has the lease, in term " + holder.term()
                        + ", and this one takes over when that is closed or does not renew it")
                .orElse("it waits for the lease");
    }

    @Override
    public void pause() {
        paused = true;
        turn.engine().pause();
    }

    @Override
    public void resume() {
        paused = false;
        turn.engine().resume();
    }

    @Override
    public boolean awaitPaused(Duration timeout) throws InterruptedException {
        return waits.awaitPaused(turn.engine().isOwnThread() ? Duration.ZERO : timeout);
    }

    @Override
    public void seek(StartPosition position, Duration timeout) throws TimeoutException, InterruptedException {
        active().seek(position, timeout);
    }

    @Override
    public void seek(Checkpoint checkpoint, Duration timeout) throws TimeoutException, InterruptedException {
        active().seek(checkpoint, timeout);
    }

    /** Who stands by has no position. */
    private WatcherEngine<T> active() {
        if (lifecycle.state() == WatcherState.STANDBY) {
            throw new IllegalStateException("Watcher '" + name() + "' stands by"
                    + contest.holder()
                            .map(holder -> ": " + holder.holder() + " has the lease")
                            .orElse("")
                    + ". Move the instance that has the lease.");
        }
        return turn.engine();
    }

    @Override
    public List<Checkpoint> history() {
        return turn.engine().history();
    }

    @Override
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        return waits.awaitTermination(timeout);
    }

    @Override
    public void close() {
        close(settings.closeWithin());
    }

    @Override
    public boolean close(Duration deadline) {
        lifecycle.requestStop();
        WatcherEngine<T> engine = turn.engine(); // after the request: the lease's thread looks at that after a new turn
        engine.stopWithin(deadline);
        if (Thread.currentThread() == thread || engine.isOwnThread()) {
            return false; // it would wait for itself
        }
        if (waits.awaitEnd(deadline, thread)) {
            return true;
        }
        engine.abandon();
        thread.interrupt(); // ends a wait for the lease's server
        return waits.awaitEnd(GRACE, thread);
    }

    // The lease's thread.

    private void run() {
        Optional<Throwable> failure = Optional.empty();
        try {
            while (hasNextTurn()) {
                turn = turnAfter(turn.earlierFailures() + turn.engine().handlerFailures());
            }
            failure = turn.engine().failure();
        } catch (StoppedException e) {
            LOG.debug("[{}] Stopping as asked.", name());
        } catch (InterruptedException e) {
            LOG.debug("[{}] Stopping: the close deadline is over.", name(), e);
        } catch (Throwable e) { // leases may throw anything: the state must tell
            LOG.error("[{}] Failed.", name(), e);
            failure = Optional.of(e);
        }
        end(failure);
    }

    private void end(Optional<Throwable> failure) {
        if (jmx != null) {
            jmx.close();
        }
        try {
            provider.close();
        } catch (Throwable e) { // the state must still tell the end
            LOG.warn("[{}] Could not close the client at the end.", name(), e);
        }
        lifecycle.ended(failure);
    }

    /** Waits for the lease and watches; returns whether to wait for it again. */
    private boolean hasNextTurn() throws InterruptedException {
        Turn<T> mine = turn;
        tell(contest.win(mine.tenure()));
        Optional<LeaseLostException> lost = watch(mine);
        if (lost.isEmpty()) {
            contest.giveBack(mine.tenure());
            lost = mine.engine().failure().flatMap(failure -> asLoss(failure, mine.tenure()));
            lost.ifPresent(cause -> tellLost(mine.tenure(), cause));
        }
        if (lost.isPresent()) {
            lifecycle.standby();
            letOthersGoFirst(lost.get());
        }
        return lost.isPresent();
    }

    private void tell(Claim claim) {
        String from = claim.expiredHolder()
                .map(holder -> "; " + holder + " has not renewed it")
                .orElse("");
        LOG.info("[{}] Has the lease, in term {}{}.", name(), claim.term(), from);
        listener.leaseAcquired(new LeaseAcquired(name(), claim.holder(), claim.term(), claim.expiredHolder()));
    }

    /** Returns when the watching has ended; if the lease was lost before that, why. */
    private Optional<LeaseLostException> watch(Turn<T> mine) {
        try {
            pauseOrNot(mine.engine());
            mine.engine().launchUnlessClosed();
            Optional<LeaseLostException> lost =
                    contest.holdUntil(mine.activity().over(), mine.tenure());
            lost.ifPresent(cause -> tellLost(mine.tenure(), cause));
            return lost;
        } catch (InterruptedException e) {
            LOG.debug("[{}] Not renewing any more: the close deadline is over.", name(), e);
            return Optional.empty();
        } finally {
            mine.engine().close();
            awaitEndOf(mine.engine());
        }
    }

    /** Somebody may pause or resume it meanwhile, who need not have seen this one. */
    private void pauseOrNot(WatcherEngine<T> engine) {
        boolean wanted;
        do {
            wanted = paused;
            if (wanted) {
                engine.pause();
            } else {
                engine.resume();
            }
        } while (wanted != paused);
    }

    private void tellLost(Tenure tenure, LeaseLostException cause) {
        tenure.ends();
        LOG.warn("[{}] Lost the lease: {}", name(), cause.getMessage());
        listener.leaseLost(new LeaseLost(name(), lease.holder(), tenure.term(), cause));
        try {
            lifecycle.recovering(cause);
        } catch (StoppedException e) {
            LOG.debug("[{}] Lost the lease while stopping.", name(), e);
        }
    }

    /** A handler that does not return keeps the next turn from beginning. */
    private void awaitEndOf(WatcherEngine<T> engine) {
        boolean ended = false;
        while (!ended) {
            try {
                ended = engine.awaitTermination(FOR_EVER);
            } catch (InterruptedException e) {
                LOG.debug("[{}] Waiting for the handler all the same.", name(), e);
            }
        }
    }

    /** What a watching failed with, if that says that the lease is lost. */
    private Optional<LeaseLostException> asLoss(Throwable failure, Tenure tenure) {
        if (failure instanceof LeaseLostException loss) {
            return Optional.of(loss);
        }
        boolean isRefusal = failure instanceof StaleCheckpointException || failure instanceof StoreLockedException;
        return isRefusal ? Optional.of(LostLease.refusedByStore(name(), tenure.term(), failure)) : Optional.empty();
    }

    /** Whom the store has refused would be refused again if it came back at once. */
    private void letOthersGoFirst(LeaseLostException lost) throws InterruptedException {
        contest.usedUpTo(lost.higherTerm());
        if (lost.getCause() instanceof StoreException) {
            lifecycle.pause(lease.lease().renewEvery(), surroundings);
        }
    }
}
