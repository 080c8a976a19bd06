package io.changewatch.testkit;

import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The faults of one {@link TcpProxy}, at which the threads of its connections wait.
 *
 * <p>Thread-safe.
 */
final class ProxyFaults {

    private static final long NEVER = Long.MAX_VALUE;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<ProxyConnection> frozen = ConcurrentHashMap.newKeySet();
    private boolean paused;
    private boolean swallowing;
    private boolean closed;
    private long latencyNanos;
    private long cutAfter = NEVER;
    /** Which cut the connections count for; a new one starts their counts again. */
    private int cutNumber;

    void freeze(Collection<ProxyConnection> connections) {
        change(() -> frozen.addAll(connections));
    }

    void pause() {
        change(() -> paused = true);
    }

    void swallow() {
        change(() -> swallowing = true);
    }

    void latency(Duration delay) {
        change(() -> latencyNanos = delay.toNanos());
    }

    void cutAfter(long bytes) {
        change(() -> {
            cutAfter = bytes;
            cutNumber++;
        });
    }

    void end() {
        change(() -> {
            frozen.clear();
            paused = false;
            swallowing = false;
            latencyNanos = 0;
            cutAfter = NEVER;
        });
    }

    void close() {
        change(() -> closed = true);
    }

    /** A connection that is gone waits no more. */
    void forget(ProxyConnection connection) {
        change(() -> frozen.remove(connection));
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits as long as the faults hold this connection back; tells whether its bytes go on (else they are swallowed). */
    boolean admit(ProxyConnection connection, boolean startsMessage) throws InterruptedException {
        lock.lock();
        try {
            delay(startsMessage ? latencyNanos : 0, connection);
            while (!isOver(connection) && (paused || frozen.contains(connection))) {
                changed.await();
            }
            return !swallowing;
        } finally {
            lock.unlock();
        }
    }

    private void delay(long nanos, ProxyConnection connection) throws InterruptedException {
        long left = nanos;
        while (left > 0 && !isOver(connection)) {
            left = changed.awaitNanos(left);
        }
    }

    private boolean isOver(ProxyConnection connection) {
        return closed || connection.isReset();
    }

    /** How many of these reply bytes may pass; fewer than {@code count} means that the connection is to be cut, once. */
    int passable(ProxyConnection connection, int count) {
        lock.lock();
        try {
            long passed = connection.countReply(cutNumber, count);
            if (passed + count <= cutAfter || cutAfter == NEVER) {
                return count;
            }
            int left = (int) (cutAfter - passed);
            cutAfter = NEVER;
            return left;
        } finally {
            lock.unlock();
        }
    }
}
