package io.changewatch.internal.checkpoint;

import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * What two threads share: the newest handled position, the saved one, and how saving goes.
 *
 * <p>Every field is guarded by {@code lock}; nothing is called out to while it is held, except the checkpoint policy,
 * which is pure. Thread-safe.
 */
final class Progress {
    /** An idle stream is saved this often whatever the policy, so that its position does not age out of the oplog. */
    private static final Duration LONGEST_IDLE = Duration.ofSeconds(10);

    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final CheckpointSettings settings;
    private final LongSupplier nanoTime;
    private final Lock lock;
    private final Condition changed;

    /** The newest position, in its parts: it moves with each event. */
    private @Nullable ResumeToken newestToken;

    private @Nullable BsonTimestamp newestTime;
    private @Nullable Position saved;

    /** Whether the next save is to replace what the store holds, be it newer. */
    private boolean overwriting;

    private @Nullable Position overwritten;
    private @Nullable RuntimeException refusal;
    private @Nullable Instant savedAt;
    private @Nullable Throwable failure;
    private @Nullable RuntimeException lastError;
    private long handledEvents;
    private long savedEvents;
    private long lastSaveNanos;
    private long firstFailureNanos;
    private int failuresInARow;
    private boolean due;
    private boolean closing;
    private boolean abandoned;
    private boolean saving;
    private boolean mayWait = true;
    private boolean held;
    private boolean inStore;

    Progress(CheckpointSettings settings, LongSupplier nanoTime, Lock lock) {
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.lock = lock;
        this.changed = lock.newCondition();
    }

    /** What is to be saved: a position, how many events were handled up to it, and whether it replaces a newer one. */
    record Unsaved(Position position, long events, boolean overwrites) {}

    void begin(@Nullable Position loaded) {
        locked(() -> {
            moveTo(loaded);
            saved = loaded;
            lastSaveNanos = nanoTime.getAsLong();
            saving = settings.store().isPresent();
        });
    }

    void handled(ResumeToken token, BsonTimestamp clusterTime, int events, long nanos) {
        lock.lock();
        try {
            if (isForward(token, clusterTime)) {
                newestToken = token;
                newestTime = clusterTime;
            }
            handledEvents += events;
            if (!due && isDue(events == 0, nanos)) {
                request();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Asks for a save of the newest position, whatever the policy. */
    void saveNow() {
        locked(() -> due = true);
    }

    /** Makes {@code position} the newest, even if it is not later than the one before, and asks for it to be saved. */
    void restartAt(Position position) {
        locked(() -> {
            moveTo(position);
            request();
        });
    }

    /** {@link #restartAt} over whatever the store holds. */
    void overwriteWith(Position position) {
        locked(() -> {
            overwritten = newestPosition().orElse(null);
            overwriting = true;
            refusal = null;
            moveTo(position);
            request();
        });
    }

    /** The store does not go back: everything is as before {@link #overwriteWith}. */
    void refuseOverwriting(RuntimeException reason) {
        locked(() -> {
            refusal = reason;
            overwriting = false;
            moveTo(overwritten);
        });
    }

    /** Why the store did not go back when it was to last. */
    Optional<RuntimeException> refusal() {
        return read(() -> Optional.ofNullable(refusal));
    }

    private void moveTo(@Nullable Position position) {
        newestToken = position == null ? null : position.token();
        newestTime = position == null ? null : position.clusterTime();
    }

    private boolean isForward(ResumeToken token, BsonTimestamp clusterTime) {
        return newestToken == null
                || newestTime == null
                || Position.isBefore(newestToken, newestTime, token, clusterTime);
    }

    /** Waits until everything up to {@code position} is handled; returns whether it is. */
    boolean awaitHandled(Position position, Duration timeout) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(timeout);
        lock.lock();
        try {
            while (isBeforeHandled(position) && mayWait && failure == null && left > 0) {
                long step = Math.min(left, STEP_NANOS); // handling signals nobody: it must cost nothing
                left -= step - Math.max(0, changed.awaitNanos(step));
            }
            return !isBeforeHandled(position);
        } finally {
            lock.unlock();
        }
    }

    /** Also while what is committed has not been reported as handled: that would move the position back to it. */
    private boolean isBeforeHandled(Position position) {
        return isForward(position.token(), position.clusterTime()) || savedEvents > handledEvents;
    }

    /** Waits until everything is saved; {@code whileFailing} says whether to go on waiting when the store fails. */
    boolean awaitSaved(boolean whileFailing) throws InterruptedException {
        return await(() -> !isUnsaved(), whileFailing);
    }

    /** Waits until fewer than the allowed number of events are unsaved. */
    boolean awaitRoom(boolean whileFailing) throws InterruptedException {
        return await(this::isRoom, whileFailing);
    }

    private boolean await(BooleanSupplier done, boolean whileFailing) throws InterruptedException {
        lock.lock();
        try {
            while (!done.getAsBoolean() && mayWait && failure == null && (whileFailing || failuresInARow == 0)) {
                request();
                changed.await();
            }
            return done.getAsBoolean();
        } finally {
            lock.unlock();
        }
    }

    boolean hasRoom() {
        lock.lock();
        try {
            return isRoom();
        } finally {
            lock.unlock();
        }
    }

    /** Asks for a save, too: the handler in flight may never return. */
    void stopWaiting() {
        locked(() -> {
            mayWait = false;
            request();
        });
    }

    void close() {
        locked(() -> {
            mayWait = false;
            closing = true;
        });
    }

    /** Nobody waits for the saving any more; returns whether somebody did until now. */
    boolean abandon() {
        lock.lock();
        try {
            boolean isFirst = !abandoned;
            abandoned = true;
            changed.signalAll();
            return isFirst;
        } finally {
            lock.unlock();
        }
    }

    /** The thread that saves is about to end. */
    void end() {
        locked(() -> {
            saving = false;
            inStore = false;
        });
    }

    /** Waits until the thread that saves ends, or is abandoned; returns whether it ends. */
    boolean awaitEnd(Duration deadline) throws InterruptedException {
        long left = Math.max(1, TimeUnit.NANOSECONDS.convert(deadline));
        lock.lock();
        try {
            while (saving && !abandoned && left > 0) {
                left = changed.awaitNanos(left);
            }
            return !saving;
        } finally {
            lock.unlock();
        }
    }

    /** Only the first failure counts, and none after the deadline of a close. */
    void fail(Throwable cause) {
        locked(() -> failure = failure != null || abandoned ? failure : cause);
    }

    Optional<Throwable> failure() {
        return read(() -> Optional.ofNullable(failure));
    }

    /** Waits for something to save; empty when saving has ended. */
    Optional<Unsaved> takeUnsaved() throws InterruptedException {
        lock.lock();
        try {
            while ((held || !(due && isUnsaved())) && !closing) {
                due &= held; // what is asked for meanwhile is done later
                changed.await();
            }
            due = false;
            boolean wanted = isUnsaved() && !held && !abandoned && failure == null;
            inStore = wanted;
            return wanted
                    ? Optional.of(new Unsaved(newestPosition().orElseThrow(), handledEvents, overwriting))
                    : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The store has returned, or thrown. */
    void leftStore() {
        locked(() -> inStore = false);
    }

    /** Nothing is saved until {@link #release}, from when this returns. */
    void hold() throws InterruptedException {
        lock.lock();
        try {
            held = true;
            while (inStore) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    void release() {
        locked(() -> held = false);
    }

    /** {@code events} more are handled up to a position, which is saved; they are reported later. */
    void committed(Position position, int events, Instant at) {
        locked(() -> {
            moveTo(position);
            saved = position;
            savedEvents = Math.max(savedEvents, handledEvents) + events;
            savedAt = at;
            lastSaveNanos = nanoTime.getAsLong();
        });
    }

    /** Returns after how many failures in a row it worked. */
    int saved(Unsaved done, Instant at) {
        lock.lock();
        try {
            int failures = failuresInARow;
            saved = done.position();
            overwriting &= !done.overwrites();
            savedEvents = done.events();
            savedAt = at;
            lastSaveNanos = nanoTime.getAsLong();
            failuresInARow = 0;
            changed.signalAll();
            return failures;
        } finally {
            lock.unlock();
        }
    }

    /** Counts a failed save; returns how many there were in a row. */
    int countFailure(RuntimeException error) {
        lock.lock();
        try {
            lastError = error;
            if (failuresInARow == 0) {
                firstFailureNanos = nanoTime.getAsLong();
            }
            failuresInARow++;
            due = true;
            changed.signalAll();
            return failuresInARow;
        } finally {
            lock.unlock();
        }
    }

    Optional<RuntimeException> lastError() {
        return read(() -> Optional.ofNullable(lastError));
    }

    Duration failingFor() {
        return read(() -> Duration.ofNanos(nanoTime.getAsLong() - firstFailureNanos));
    }

    /** Waits before the next attempt. The beginning of closing cuts it short: then one more attempt comes at once. */
    void pause(Duration delay) throws InterruptedException {
        lock.lock();
        try {
            long left = delay.toNanos();
            boolean closingBefore = closing;
            while (left > 0 && !abandoned && closing == closingBefore) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    long unsavedEvents() {
        lock.lock();
        try {
            return unsaved();
        } finally {
            lock.unlock();
        }
    }

    Optional<Position> newest() {
        return read(this::newestPosition);
    }

    private Optional<Position> newestPosition() {
        return newestToken == null || newestTime == null
                ? Optional.empty()
                : Optional.of(new Position(newestToken, newestTime));
    }

    Optional<Position> saved() {
        return read(() -> Optional.ofNullable(saved));
    }

    Optional<Instant> savedAt() {
        return read(() -> Optional.ofNullable(savedAt));
    }

    private boolean isUnsaved() {
        return newestToken != null
                && newestTime != null
                && (overwriting || saved == null || !saved.isAt(newestToken, newestTime));
    }

    private boolean isRoom() {
        return settings.store().isEmpty() || unsaved() < settings.maxUnsavedEvents();
    }

    /** None where the saved position is the newest: it covers also events that came from behind it. */
    private long unsaved() {
        return isUnsaved() ? Math.max(0, handledEvents - savedEvents) : 0;
    }

    /** What a policy throws must reach the watcher, not a subscriber's thread that acknowledges. */
    private boolean isDue(boolean idle, long nanos) {
        try {
            return isDueByPolicy(idle, nanos);
        } catch (RuntimeException | Error e) {
            failure = failure != null ? failure : e;
            return true;
        }
    }

    private boolean isDueByPolicy(boolean idle, long nanos) {
        Duration since = Duration.ofNanos(Math.max(0, nanos - lastSaveNanos)); // a save may end meanwhile
        return settings.policy().isDue(unsaved(), since) || (idle && since.compareTo(LONGEST_IDLE) >= 0);
    }

    private void request() {
        due = true;
        changed.signalAll();
    }

    private <V> V read(Supplier<V> value) {
        lock.lock();
        try {
            return value.get();
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
