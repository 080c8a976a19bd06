package io.changewatch.push;

import io.changewatch.push.Admission.Reason;
import io.changewatch.push.FeedOptions.Clients;
import java.security.Principal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts clients, in all and by the name of their principal.
 *
 * <p>Thread-safe.
 */
final class Seats {
    private final Clients limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();
    private final Map<String, Integer> byPrincipal = new HashMap<>(); // guarded by lock
    private int taken; // guarded by lock

    Seats(Clients limits) {
        this.limits = limits;
    }

    /** Takes one, unless a limit is reached. */
    Optional<Reason> take(Principal principal) {
        lock.lock();
        try {
            Optional<Reason> refusal = refusal(principal);
            if (refusal.isEmpty()) {
                taken++;
                byPrincipal.merge(principal.getName(), 1, Integer::sum);
            }
            return refusal;
        } finally {
            lock.unlock();
        }
    }

    /** Whether one could be taken now. */
    Optional<Reason> look(Principal principal) {
        lock.lock();
        try {
            return refusal(principal);
        } finally {
            lock.unlock();
        }
    }

    private Optional<Reason> refusal(Principal principal) {
        if (taken >= limits.max()) {
            return Optional.of(Reason.FULL);
        }
        boolean many = principal != Anyone.INSTANCE
                && byPrincipal.getOrDefault(principal.getName(), 0) >= limits.maxPerPrincipal();
        return many ? Optional.of(Reason.PRINCIPAL_LIMIT) : Optional.empty();
    }

    void free(Principal principal) {
        lock.lock();
        try {
            taken--;
            byPrincipal.computeIfPresent(principal.getName(), (name, seats) -> seats == 1 ? null : seats - 1);
            if (taken == 0) {
                empty.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the last one is free. */
    void awaitEmpty(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (taken > 0 && left > 0) {
                left = empty.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    int taken() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }
}
