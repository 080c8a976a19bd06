package io.changewatch.internal.engine;

import io.changewatch.ConfigurationException;
import io.changewatch.WatcherState;
import io.changewatch.lease.Claim;
import io.changewatch.lease.Lease;
import io.changewatch.lease.LeaseLostException;
import io.changewatch.observe.WatcherListener.StandingBy;
import io.changewatch.observe.WatcherStats.LeaseHolder;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for the lease until it is granted, and renews it until the watching has ended or the lease is lost.
 *
 * <p>Called on the lease's thread only, except {@link #holder()}.
 */
final class LeaseContest {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseContest.class);

    private final String watcher;
    private final Lease lease;
    private final String self;
    private final Lifecycle lifecycle;
    private final SafeListener listener;
    private final Surroundings surroundings;
    private volatile @Nullable LeaseHolder holder;
    private long above;
    private boolean isUnreachable;
    private @Nullable Claim told;

    LeaseContest(
            String watcher,
            LeaseSettings settings,
            Lifecycle lifecycle,
            SafeListener listener,
            Surroundings surroundings) {
        this.watcher = watcher;
        this.lease = settings.lease();
        this.self = settings.holder();
        this.lifecycle = lifecycle;
        this.listener = listener;
        this.surroundings = surroundings;
    }

    /** Who has the lease, as far as is known. */
    Optional<LeaseHolder> holder() {
        return Optional.ofNullable(holder);
    }

    /** Terms up to this one have been used. */
    void usedUpTo(long term) {
        above = Math.max(above, term);
    }

    /** Waits until the lease is granted for a time that is not over yet; throws {@link StoppedException} if it is not to. */
    Claim win(Tenure tenure) throws InterruptedException {
        while (true) {
            lifecycle.throwIfStopRequested();
            Optional<Claim> claim = ask(tenure);
            if (claim.isPresent() && !claim.get().isGranted()) {
                standBy(claim.get());
            } else if (claim.isPresent() && !tenure.isOver()) {
                return claim.get();
            }
            lifecycle.pause(untilNext(), surroundings);
        }
    }

    private Optional<Claim> ask(Tenure tenure) {
        long asked = surroundings.getAsLong();
        try {
            Claim claim = lease.acquire(watcher, self, above);
            isUnreachable = false;
            if (claim.isGranted()) {
                tenure.begins(claim.term(), asked);
            }
            holder = new LeaseHolder(claim.holder(), claim.term(), claim.isGranted());
            return Optional.of(claim);
        } catch (ConfigurationException e) {
            throw e;
        } catch (RuntimeException e) {
            unreachable(e);
            return Optional.empty();
        }
    }

    /** The stack of an outage is worth one look. */
    private void unreachable(RuntimeException error) {
        if (!isUnreachable) {
            LOG.warn("[{}] Cannot ask for the lease; asking again until that works.", watcher, error);
        }
        isUnreachable = true;
        holder = null;
        lifecycle.recovering(error);
    }

    private void standBy(Claim claim) {
        boolean isNews = lifecycle.state() != WatcherState.STANDBY || !claim.equals(told);
        lifecycle.standby();
        if (isNews) {
            LOG.info("[{}] Standing by: {} has the lease, in term {}.", watcher, claim.holder(), claim.term());
            listener.standingBy(new StandingBy(watcher, claim.holder(), claim.term()));
        }
        told = claim;
    }

    /** At random, so that those who wait do not ask at the same moment. */
    private Duration untilNext() {
        double share = (1 + surroundings.random().nextDouble()) / 2;
        return Duration.ofNanos((long) (lease.askEvery().toNanos() * share));
    }

    /**
     * Renews until {@code over} opens.
     *
     * @return why the lease is lost; empty if it is not, and the watching has ended of itself or as asked
     * @throws InterruptedException if somebody has given up on this thread
     */
    Optional<LeaseLostException> holdUntil(CountDownLatch over, Tenure tenure) throws InterruptedException {
        Duration pause = lease.renewEvery();
        RuntimeException trouble = null;
        while (!surroundings.await(over, shorter(pause, tenure.left()))) {
            if (tenure.isOver()) {
                return Optional.of(LostLease.expired(watcher, tenure.term(), trouble));
            }
            try {
                if (!renewed(tenure)) {
                    return Optional.of(LostLease.taken(watcher, tenure.term()));
                }
                pause = lease.renewEvery();
                trouble = null;
            } catch (RuntimeException e) {
                logOnce(trouble, e, tenure);
                trouble = e;
                pause = lease.askEvery();
            }
        }
        return Optional.empty();
    }

    private boolean renewed(Tenure tenure) {
        long asked = surroundings.getAsLong();
        boolean renewed = lease.renew(watcher, self, tenure.term());
        if (renewed) {
            tenure.goesOn(asked);
        }
        return renewed;
    }

    private void logOnce(@Nullable RuntimeException before, RuntimeException error, Tenure tenure) {
        if (before == null) {
            LOG.warn(
                    "[{}] Cannot renew the lease, trying again for {} ms.",
                    watcher,
                    tenure.left().toMillis(),
                    error);
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Lets the next one have it at once. */
    void giveBack(Tenure tenure) {
        holder = null;
        try {
            lease.release(watcher, self, tenure.term());
        } catch (RuntimeException e) {
            LOG.warn(
                    "[{}] Could not give the lease back; it is free when its time of {} is over.",
                    watcher,
                    lease.ttl(),
                    e);
        }
    }
}
