package io.changewatch.internal.engine;

import io.changewatch.lease.Claim;
import io.changewatch.lease.Lease;
import io.changewatch.lease.LeaseException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A lease of 15 s that another instance gets, keeps and gives back as a test says. It knows no time: what expires, expires by the
 * watcher's own clock.
 *
 * <p>Thread-safe.
 */
final class ScriptedLease implements Lease {
    static final Duration TTL = Duration.ofSeconds(15);

    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
    private @Nullable String holder;
    private long term;
    private volatile boolean isDown;

    /** Another instance has it from now on, in the next term. */
    synchronized ScriptedLease takenBy(String other) {
        holder = other;
        term++;
        return this;
    }

    /** Whoever has it has given it back. */
    synchronized void free() {
        holder = null;
    }

    /** Somebody has deleted it. */
    synchronized void forget() {
        holder = null;
        term = 0;
    }

    /** The next call fails. */
    ScriptedLease fails(RuntimeException failure) {
        failures.add(failure);
        return this;
    }

    /** Whether every renewal fails from now on. */
    void breaksDown(boolean down) {
        isDown = down;
    }

    /** Each call and its result. */
    List<String> calls() {
        return calls;
    }

    long count(String call) {
        return calls.stream().filter(made -> made.startsWith(call)).count();
    }

    @Override
    public Duration ttl() {
        return TTL;
    }

    @Override
    public synchronized Claim acquire(String watcher, String asking, long above) {
        throwNext();
        if (holder != null && !holder.equals(asking)) {
            calls.add("refuse");
            return Claim.heldBy(holder, term);
        }
        holder = asking;
        term = Math.max(term, above) + 1;
        calls.add("grant " + term);
        return Claim.granted(asking, term);
    }

    @Override
    public synchronized boolean renew(String watcher, String asking, long held) {
        throwNext();
        if (isDown) {
            throw new LeaseException("The lease is down.", null);
        }
        calls.add("renew " + held);
        return asking.equals(holder) && held == term;
    }

    @Override
    public synchronized void release(String watcher, String asking, long held) {
        throwNext();
        calls.add("release " + held);
        if (asking.equals(holder) && held == term) {
            holder = null;
        }
    }

    private void throwNext() {
        RuntimeException failure = failures.poll();
        if (failure != null) {
            throw failure;
        }
    }
}
