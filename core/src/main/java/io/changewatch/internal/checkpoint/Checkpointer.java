package io.changewatch.internal.checkpoint;

import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Progress.Unsaved;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.CheckpointFailed;
import io.changewatch.observe.WatcherListener.CheckpointSaved;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Lock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows up to where everything is handled, and saves that on a thread of its own.
 *
 * <p>The watcher's thread reports positions; it never waits for the store, unless too many events are unsaved. The saving
 * thread always takes the newest position, so that a slow store makes checkpoints rarer, not the watcher slower:
 *
 * <pre>
 * handled → newest ──(policy: due)──→ saving → saved
 *              ↑                        │ failed: again after the policy's delay, with the newest then
 *              └────────────────────────┘
 * </pre>
 *
 * <p>A store that refuses for good (stale, corrupt, locked, policy exhausted, an {@code Error}) ends the saving; the watcher
 * learns of it with {@link #throwIfFailed()}.
 *
 * <p>Thread-safe.
 */
public final class Checkpointer {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);

    private final CheckpointSettings settings;
    private final StoreErrors errors;
    private final WatcherListener listener;
    private final LongSupplier nanoTime;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Progress progress;
    private final @Nullable Thread thread;
    private volatile Fingerprint fingerprint;
    private volatile Fence fence = Fence.NONE;

    /** The watcher's thread only. */
    private boolean acquired;

    /** A checkpointer that does nothing until {@link #start}. */
    public Checkpointer(
            CheckpointSettings settings,
            WatcherListener listener,
            LongSupplier nanoTime,
            InstantSource clock,
            RandomGenerator random,
            ThreadFactory threads,
            Lock lock) {
        this.settings = settings;
        this.errors = StoreErrors.of(settings);
        this.listener = listener;
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.random = random;
        this.progress = new Progress(settings, nanoTime, lock);
        this.fingerprint = settings.fingerprint();
        this.thread = settings.store()
                .map(store -> threads.newThread(() -> saveUntilClosed(store)))
                .orElse(null);
    }

    /** Positions saved from now on are of this cluster, as {@code Fingerprint} has it. Called before the first is handled. */
    public void watches(String cluster) {
        fingerprint = settings.fingerprint().on(cluster);
    }

    /** Saves under the term of a lease, and no more when that is over. Called before anything is saved. */
    public void fencedBy(Fence lease) {
        fence = lease;
    }

    /** Takes the watcher's place in the store, once; {@link #release} frees it. */
    public void acquire() {
        if (!acquired) {
            settings.store().ifPresent(store -> store.acquire(settings.watcher()));
            acquired = true;
        }
    }

    /** Frees the place in the store, unless another watcher has it: the store refused this one. */
    public void release() {
        if (acquired) {
            settings.store().ifPresent(store -> store.release(settings.watcher()));
        }
    }

    /** Begins saving; {@code loaded} is what the store holds. */
    public void start(Optional<Position> loaded) {
        progress.begin(loaded.orElse(null));
        if (thread != null) {
            thread.start();
        }
    }

    /**
     * Everything up to a position is handled.
     *
     * @param events how many more than at the last call; 0 where the stream just moved on
     * @param nanos the time by the clock that this was made with
     */
    public void handled(ResumeToken token, BsonTimestamp clusterTime, int events, long nanos) {
        progress.handled(token, clusterTime, events, nanos);
    }

    /** Asks for the newest position to be saved whatever the policy; does not wait. */
    public void saveNow() {
        progress.saveNow();
    }

    /**
     * Asks for {@code position} to be saved whatever the policy, and waits.
     *
     * @return whether it is saved; if not, the store fails now, and {@link #awaitPinned} waits on
     * @throws InterruptedException if the calling thread is interrupted
     */
    public boolean pin(Position position) throws InterruptedException {
        progress.restartAt(position);
        boolean saved = thread == null || progress.awaitSaved(false);
        throwIfFailed();
        return saved;
    }

    /**
     * {@link #pin} over whatever the store holds, be it newer. Where the store does not go back, {@link #refusal} tells, and the newest
     * position is the one before.
     *
     * @return whether it is saved, or refused; if not, the store fails now, and {@link #awaitPinned} waits on
     * @throws InterruptedException if the calling thread is interrupted
     */
    public boolean overwrite(Position position) throws InterruptedException {
        progress.overwriteWith(position);
        boolean saved =
                thread == null || progress.awaitSaved(false) || refusal().isPresent();
        throwIfFailed();
        return saved;
    }

    /** Why the store did not take the last {@link #overwrite}; empty if it did. */
    public Optional<RuntimeException> refusal() {
        return progress.refusal();
    }

    /**
     * Waits until everything up to a position is handled.
     *
     * @return whether it is, within {@code timeout}
     * @throws InterruptedException if the calling thread is interrupted
     */
    public boolean awaitHandled(Position position, Duration timeout) throws InterruptedException {
        return progress.awaitHandled(position, timeout);
    }

    /**
     * Waits until a pinned position is saved, however long the store fails, or {@link #stopWaiting()} is called.
     *
     * @throws InterruptedException if the calling thread is interrupted
     */
    public void awaitPinned() throws InterruptedException {
        progress.awaitSaved(true);
        throwIfFailed();
    }

    /** Whether fewer events than {@code maxUnsavedEvents} are unsaved. */
    public boolean hasRoom() {
        return progress.hasRoom();
    }

    /**
     * Waits until there is room.
     *
     * @return whether there is; if not, the store fails now, and {@link #awaitRoom} waits on
     * @throws InterruptedException if the calling thread is interrupted
     */
    public boolean awaitRoomUnlessFailing() throws InterruptedException {
        boolean room = progress.awaitRoom(false);
        throwIfFailed();
        return room;
    }

    /**
     * Waits until there is room, however long the store fails, or {@link #stopWaiting()} is called.
     *
     * @throws InterruptedException if the calling thread is interrupted
     */
    public void awaitRoom() throws InterruptedException {
        progress.awaitRoom(true);
        throwIfFailed();
    }

    /** A checkpoint at a position, to be saved by whoever calls this. */
    public Checkpoint checkpoint(Position position) {
        return new Checkpoint(position.token(), position.clusterTime(), clock.instant(), fingerprint, fence.term());
    }

    /**
     * Nothing is saved from when this returns until {@link #unhold} or {@link #committed}: somebody else is about to save.
     *
     * @throws InterruptedException if the calling thread is interrupted
     */
    public void hold() throws InterruptedException {
        progress.hold();
    }

    /** Somebody else has not saved. */
    public void unhold() {
        progress.release();
    }

    /** Somebody else has saved {@code checkpoint}, with which so many more events are handled; {@link #handled} is told after it. */
    public void committed(Checkpoint checkpoint, int events, Duration took) {
        progress.committed(new Position(checkpoint.token(), checkpoint.clusterTime()), events, checkpoint.savedAt());
        progress.release();
        listener.checkpointSaved(new CheckpointSaved(settings.watcher(), checkpoint, took));
    }

    /** Ends all waiting, present and future: the watcher is about to close. */
    public void stopWaiting() {
        progress.stopWaiting();
    }

    /** What ended the saving before its time, if anything did. */
    public Optional<Throwable> failure() {
        return progress.failure();
    }

    /** What the store threw last, whether or not it works again. */
    public Optional<RuntimeException> lastError() {
        return progress.lastError();
    }

    /** Throws what ended the saving, if anything did. */
    public void throwIfFailed() {
        Throwable failure = failure().orElse(null);
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }

    /** How many events were handled since the last saved position. */
    public long unsavedEvents() {
        return progress.unsavedEvents();
    }

    /** The newest position up to which everything is handled. */
    public Optional<Position> newest() {
        return progress.newest();
    }

    /** The newest position that the store holds. */
    public Optional<Position> saved() {
        return progress.saved();
    }

    /** When a position was last saved. */
    public Optional<Instant> savedAt() {
        return progress.savedAt();
    }

    /** Whether the caller is on the thread that saves: code of a store or of a listener. */
    public boolean isSavingThread() {
        return Thread.currentThread() == thread;
    }

    /**
     * Saves the newest position and ends the thread, or gives up on both: at the deadline, or when another caller has. Idempotent.
     */
    public void close(Duration deadline) {
        progress.close();
        if (thread == null || awaitEnd(thread, deadline)) {
            return;
        }
        if (progress.abandon()) {
            LOG.warn(
                    "[{}] Closing without a last checkpoint: the store did not take it in time. {} events come again at the next "
                            + "start.",
                    settings.watcher(),
                    unsavedEvents());
        }
        thread.interrupt(); // ends a wait inside the store
    }

    private boolean awaitEnd(Thread saving, Duration deadline) {
        boolean interrupted = Thread.interrupted();
        boolean ended = false;
        try {
            ended = progress.awaitEnd(deadline);
            if (ended) {
                saving.join(); // it has nothing more to do
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return ended;
    }

    // The saving thread.

    private void saveUntilClosed(ResumeTokenStore store) {
        try {
            for (var next = progress.takeUnsaved(); next.isPresent(); next = progress.takeUnsaved()) {
                save(store, next.get());
            }
        } catch (InterruptedException e) {
            progress.fail(interrupted(e)); // of interest to nobody after a close that gave up
        } catch (Throwable e) { // whatever a store or a policy throws must reach the watcher, not end this thread in
            // silence
            progress.fail(e);
        } finally {
            progress.end();
        }
    }

    private void save(ResumeTokenStore store, Unsaved unsaved) throws InterruptedException {
        fence.throwIfOver();
        Checkpoint checkpoint = checkpoint(unsaved.position());
        long begin = nanoTime.getAsLong();
        try {
            keep(store, checkpoint, unsaved.overwrites());
        } catch (RuntimeException e) {
            progress.leftStore();
            if (unsaved.overwrites() && e instanceof UnsupportedOperationException) {
                progress.refuseOverwriting(e);
            } else {
                answer(e, checkpoint);
            }
            return;
        }
        noteSaved(unsaved, checkpoint, Duration.ofNanos(nanoTime.getAsLong() - begin));
    }

    private void keep(ResumeTokenStore store, Checkpoint checkpoint, boolean overwrites) {
        if (overwrites) {
            store.reset(settings.watcher(), checkpoint);
        } else {
            store.save(settings.watcher(), checkpoint);
        }
    }

    private void noteSaved(Unsaved unsaved, Checkpoint checkpoint, Duration took) {
        int failures = progress.saved(unsaved, checkpoint.savedAt());
        progress.leftStore();
        if (failures > 0) {
            LOG.info("[{}] The checkpoint is saved (failed attempts before: {}).", settings.watcher(), failures);
        }
        listener.checkpointSaved(new CheckpointSaved(settings.watcher(), checkpoint, took));
    }

    private void answer(RuntimeException error, Checkpoint checkpoint) throws InterruptedException {
        boolean hasWorked = savedAt().isPresent();
        Optional<RuntimeException> end = hasWorked ? errors.finalError(error) : errors.finalErrorAtFirst(error);
        if (end.isPresent()) {
            progress.fail(end.get());
        } else {
            waitAfterFailure(checkpoint, error);
        }
    }

    private void waitAfterFailure(Checkpoint checkpoint, RuntimeException cause) throws InterruptedException {
        int failures = progress.countFailure(cause);
        Optional<Duration> delay = settings.retry().delayAfter(failures, progress.failingFor(), random);
        if (delay.isEmpty()) {
            progress.fail(givenUp(failures, cause));
            return;
        }
        errors.logRetry(LOG, "save", failures, delay.get(), cause);
        listener.checkpointFailed(new CheckpointFailed(settings.watcher(), checkpoint, failures, delay.get(), cause));
        progress.pause(delay.get());
    }

    private StoreException interrupted(InterruptedException cause) {
        return new StoreException(
                "Cannot save the checkpoint of watcher '" + settings.watcher()
                        + "': the thread that saves was interrupted, which nobody but a store can have done. Mend the store, and "
                        + "start the watcher again.",
                cause);
    }

    private StoreException givenUp(int failures, RuntimeException cause) {
        return new StoreException(
                "Cannot save the checkpoint of watcher '" + settings.watcher()
                        + "': the retry policy gave up (failed attempts: "
                        + failures + "), the last with: " + cause.getMessage()
                        + " Mend the store, or choose a retryStore(...) that tries longer.",
                cause);
    }
}
