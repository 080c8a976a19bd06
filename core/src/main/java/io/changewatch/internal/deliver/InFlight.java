package io.changewatch.internal.deliver;

import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer.Progress;
import io.changewatch.internal.deliver.HandlerLimits.Overdue;
import io.changewatch.internal.deliver.KeyedDeliverer.Limits;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.LongSupplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Events between the watcher's thread and the workers. Those of one key are a chain, of which the first is ready, is running, or waits for
 * its next attempt.
 *
 * <pre>
 * add → (behind another of its key) → ready → running → finished: the next of its key is ready
 *                                       ↑        ↓
 *                                       └──── delayed, when it has failed
 * </pre>
 *
 * <p>Nothing behind the {@link #horizon} begins any more. A stop moves it to the last event that has begun, so that what was handled does
 * not come again, and who closes waits for no more than that. An event that will not be handled moves it before itself.
 *
 * <p>Thread-safe. Progress is reported while the lock is held, so that it is told in order.
 */
final class InFlight<T> {
    private final int maxRunning;
    private final int maxEvents;
    private final long maxBytes;
    private final LongSupplier nanoTime;
    private final Lock lock;
    private final Condition room;
    private final Condition work;
    private final Condition overdue;

    // Guarded by lock.
    private final LowWatermark watermark;
    private final Map<Object, Task<T>> lastOfKey = new HashMap<>();
    private final ArrayDeque<Task<T>> ready = new ArrayDeque<>();
    /** Those whose failed attempt nobody has answered yet. */
    private final ArrayDeque<Task<T>> failed = new ArrayDeque<>();

    private final PriorityQueue<Task<T>> delayed = new PriorityQueue<>(
            Comparator.<Task<T>>comparingLong(task -> task.dueNanos).thenComparingLong(task -> task.number));
    private final RunningTasks<T> running;
    private int unfinished;
    private long bytes;
    private long numbers;
    private long lastBegun;
    private long horizon = Long.MAX_VALUE;
    private int workers;
    private @Nullable Throwable failure;
    private boolean stopped;
    private boolean closing;
    private boolean abandoned;

    InFlight(Limits limits, HandlerLimits time, Progress progress, LongSupplier nanoTime, Lock lock) {
        this.maxRunning = limits.concurrency();
        this.maxEvents = limits.maxEvents();
        this.maxBytes = limits.maxBytes();
        this.nanoTime = nanoTime;
        this.lock = lock;
        this.room = lock.newCondition();
        this.work = lock.newCondition();
        this.overdue = lock.newCondition();
        this.running = new RunningTasks<>(time);
        this.watermark = new LowWatermark(progress);
    }

    // The watcher's thread.

    /** Adds an event, after waiting for room. */
    void add(Task<T> task) throws InterruptedException {
        lock.lock();
        try {
            while (!hasRoom(task)) {
                throwIfEnded();
                room.await();
            }
            throwIfEnded();
            enter(task);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all that was added is finished. */
    void awaitIdle() throws InterruptedException {
        lock.lock();
        try {
            while (unfinished > 0) {
                throwIfEnded();
                room.await();
            }
            throwIfEnded();
        } finally {
            lock.unlock();
        }
    }

    /** One that is larger than all may be goes alone. */
    private boolean hasRoom(Task<T> task) {
        return unfinished == 0 || (watermark.openEvents() < maxEvents && bytes + task.bytes <= maxBytes);
    }

    private void enter(Task<T> task) {
        task.number = ++numbers;
        task.entry = watermark.add(task.event.resumeToken(), task.event.clusterTime());
        unfinished++;
        bytes += task.bytes;
        Task<T> before = lastOfKey.put(task.key, task);
        if (before == null) {
            ready.add(task);
            work.signal();
        } else {
            before.next = task;
        }
    }

    private void throwIfEnded() {
        Thrown.rethrow(failure);
        if (stopped) {
            throw new DeliveryStoppedException();
        }
    }

    /** A position behind all that was added. */
    void passed(ResumeToken token, BsonTimestamp clusterTime) {
        locked(() -> watermark.passed(token, clusterTime));
    }

    /** From any thread: nothing more is added. */
    void stop() {
        locked(() -> {
            stopped = true;
            horizon = Math.min(horizon, lastBegun);
            giveUpDelayed();
        });
    }

    /** Nothing more comes; what waits for another attempt is not tried again. */
    void close() {
        locked(() -> {
            closing = true;
            giveUpDelayed();
        });
    }

    private void giveUpDelayed() {
        delayed.forEach(this::endBefore);
        delayed.clear();
    }

    private void endBefore(Task<T> task) {
        horizon = Math.min(horizon, task.number - 1);
    }

    /** Nothing more begins. */
    void abandon() {
        locked(() -> abandoned = true);
    }

    /** Waits until all workers have ended; returns whether they have. */
    boolean awaitEnd(Duration deadline) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(deadline);
        lock.lock();
        try {
            while (workers > 0 && left > 0) {
                left = room.awaitNanos(left);
            }
            return workers == 0;
        } finally {
            lock.unlock();
        }
    }

    /** The same without a deadline, whatever happens to the calling thread. What is finished later does not count. */
    void awaitEnd() {
        lock.lock();
        try {
            while (workers > 0) {
                room.awaitUninterruptibly();
            }
            running.clear();
        } finally {
            lock.unlock();
        }
    }

    void throwIfFailed() {
        lock.lock();
        try {
            Thrown.rethrow(failure);
        } finally {
            lock.unlock();
        }
    }

    /** Since when the handler that has been running longest does. From any thread. */
    OptionalLong busySince() {
        lock.lock();
        try {
            return running.busySince();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosing() {
        lock.lock();
        try {
            return closing || stopped;
        } finally {
            lock.unlock();
        }
    }

    // The workers.

    void workerBegins() {
        locked(() -> workers++);
    }

    void workerEnds() {
        locked(() -> workers--);
    }

    /** Waits for an event to handle; empty when nothing more comes. */
    Optional<Task<T>> take() throws InterruptedException {
        lock.lock();
        try {
            Task<T> task = nextReady();
            while (task == null && !isOver()) {
                if (delayed.isEmpty()) {
                    work.await();
                } else {
                    long unused = work.awaitNanos(untilDue());
                }
                task = nextReady();
            }
            if (task != null) {
                return Optional.of(begin(task));
            }
            work.signalAll();
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private boolean isOver() {
        return abandoned || (closing && running.isEmpty() && ready.isEmpty() && failed.isEmpty());
    }

    private @Nullable Task<T> nextReady() {
        long now = delayed.isEmpty() ? 0 : nanoTime.getAsLong();
        while (!delayed.isEmpty() && delayed.peek().dueNanos - now <= 0) {
            ready.add(delayed.poll());
        }
        if (!abandoned && !failed.isEmpty()) {
            return failed.poll();
        }
        if (abandoned || running.size() >= maxRunning) {
            return null;
        }
        Task<T> task = ready.poll();
        while (task != null && task.number > horizon) {
            task = ready.poll();
        }
        return task;
    }

    private Task<T> begin(Task<T> task) {
        task.begins(nanoTime.getAsLong());
        running.add(task);
        lastBegun = Math.max(lastBegun, task.number);
        if (!delayed.isEmpty() || !ready.isEmpty()) {
            work.signal(); // somebody else has to look when those are due
        }
        return task;
    }

    private long untilDue() {
        return Objects.requireNonNull(delayed.peek()).dueNanos - nanoTime.getAsLong();
    }

    /** The handler is about to be called: its time counts from now. What its worker waits for before, such as a store of letters, has none. */
    void calls(Task<T> task) {
        lock.lock();
        try {
            task.beganNanos = nanoTime.getAsLong();
            task.worker = Thread.currentThread();
            task.isTimed = true;
            overdue.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The handler has returned, on its worker, which is not interrupted any more.
     *
     * @param stage that tells when the event is handled; null if it is now
     * @return whether that was in time
     */
    boolean returned(Task<T> task, @Nullable CompletionStage<?> stage) {
        lock.lock();
        try {
            task.worker = null;
            task.stage = stage;
            task.isTimed = stage != null && !task.timedOut;
            if (task.timedOut && !abandoned) {
                boolean unused = Thread.interrupted(); // by the time-out, not by who closes
            }
            return !task.timedOut;
        } finally {
            lock.unlock();
        }
    }

    /** The stage has completed; returns whether that counts: it is not given up. */
    boolean completed(Task<T> task, CompletionStage<?> stage) {
        lock.lock();
        try {
            boolean counts = running.contains(task) && task.stage == stage && !task.timedOut;
            if (counts) {
                task.stage = null;
                task.isTimed = false;
            }
            return counts;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for handlers that run for too long, and interrupts those that are late; none if nothing more runs ever. */
    List<Overdue<T>> awaitOverdue() throws InterruptedException {
        lock.lock();
        try {
            List<Overdue<T>> found = running.overdue(nanoTime.getAsLong());
            while (found.isEmpty() && workers > 0) {
                long wait = running.untilOverdue(nanoTime.getAsLong());
                if (wait == HandlerLimits.NEVER) {
                    overdue.await();
                } else {
                    long unused = overdue.awaitNanos(wait);
                }
                found = running.overdue(nanoTime.getAsLong());
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** The event is handled, or skipped. */
    void finish(Task<T> task) {
        lock.lock();
        try {
            if (running.remove(task)) {
                leave(task);
            }
        } finally {
            lock.unlock();
        }
    }

    private void leave(Task<T> task) {
        unfinished--;
        bytes -= task.bytes;
        if (task.next != null) {
            ready.add(task.next);
        } else {
            lastOfKey.remove(task.key);
        }
        watermark.finish(Objects.requireNonNull(task.entry));
        room.signal();
        if (closing) {
            work.signalAll(); // it may be the last one
        } else if (!ready.isEmpty()) {
            work.signal();
        }
    }

    /** The event is to be tried again; not if the watcher is about to end. */
    void delay(Task<T> task, Duration delay) {
        locked(() -> {
            running.remove(task);
            if (stopped || closing) {
                endBefore(task);
                return;
            }
            task.dueNanos = nanoTime.getAsLong() + TimeUnit.NANOSECONDS.convert(delay);
            delayed.add(task);
        });
    }

    /** An attempt has failed, on another thread than a worker's: the next free one answers it, also when nothing more comes. */
    void answerLater(Task<T> task) {
        locked(() -> {
            if (running.remove(task)) {
                failed.add(task);
            }
        });
    }

    /** The event will not be handled, and nothing behind it. */
    void giveUp(Task<T> task) {
        locked(() -> {
            running.remove(task);
            endBefore(task);
        });
    }

    /** The watcher is to end with a failure that is no event's. */
    void fail(Throwable cause) {
        locked(() -> failure = failure == null ? cause : failure);
    }

    /** {@link #giveUp}, with the failure that the watcher ends with. */
    void fail(Task<T> task, Throwable cause) {
        locked(() -> {
            running.remove(task);
            endBefore(task);
            failure = failure == null ? cause : failure;
        });
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            room.signal();
            work.signalAll();
            overdue.signal();
        } finally {
            lock.unlock();
        }
    }
}
