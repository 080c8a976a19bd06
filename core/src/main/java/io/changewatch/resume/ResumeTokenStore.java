package io.changewatch.resume;

import java.util.List;
import java.util.Optional;

/**
 * Keeps one {@link Checkpoint} per watcher name, so that a watcher that is started again continues where it was.
 *
 * <p>A store only keeps an opaque value under a name: {@link Checkpoint#toBson()} and {@link Checkpoint#toJson()} make that
 * value, {@link Checkpoint#fromBson} and {@link Checkpoint#fromJson} read it. Extend {@code ResumeTokenStoreContract} of
 * {@code changewatch-testkit} to test an implementation.
 *
 * {@snippet class="io.changewatch.examples.PropertiesStore" region="store"}
 *
 * <p>A watcher calls {@link #acquire} and {@link #load} when it starts, then {@link #save} on its own checkpoint thread, never
 * while an event is handled, and {@link #release} when it has ended. All may block; {@code release} must not wait for a call that
 * hangs, as the watcher's end waits for it. An implementation must allow calls for different watchers from different threads at
 * the same time. Tools may load a checkpoint at any time without {@code acquire}: that must not take it from a watcher.
 *
 * <p>No argument and no result is null: a null argument is refused with a {@link NullPointerException} that names it.
 *
 * <p>What an implementation throws decides what the watcher does:
 *
 * <table>
 * <caption>Exceptions of a store</caption>
 * <tr><th>Thrown</th><th>The watcher</th></tr>
 * <tr><td>{@link CorruptCheckpointException}, {@link StaleCheckpointException}, {@link StoreLockedException},
 *     {@link io.changewatch.ConfigurationException}</td><td>fails with it</td></tr>
 * <tr><td>a mistake in the program: {@link NullPointerException}, {@link IllegalArgumentException}, {@link ClassCastException},
 *     {@link IndexOutOfBoundsException}, {@link UnsupportedOperationException}, {@link ArithmeticException}</td><td>fails, unless
 *     the store has saved something for it before; then it tries again</td></tr>
 * <tr><td>every other exception: {@link StoreException}, those of a driver</td><td>tries again, by its policy for the
 *     store</td></tr>
 * <tr><td>an {@link Error}</td><td>fails with it</td></tr>
 * </table>
 */
public interface ResumeTokenStore {

    /**
     * Takes the place of a watcher, before its first {@link #load} and until {@link #release}. Refuses where two watchers of one
     * name can be told apart; the default takes everybody.
     *
     * @throws StoreLockedException if another watcher has it
     * @throws io.changewatch.ConfigurationException if the store cannot work as it is set up
     * @throws StoreException if the store cannot be used now
     */
    default void acquire(String watcher) {}

    /**
     * The checkpoint of a watcher; empty if there has never been one.
     *
     * @throws CorruptCheckpointException if there is one that cannot be trusted; it must never be reported as absent
     * @throws StoreException if the store cannot be read now
     */
    Optional<Checkpoint> load(String watcher);

    /**
     * The checkpoint of a watcher for somebody who only looks, such as
     * {@code diagnose()}: the same as {@link #load}, but nothing is held or changed by it.
     * The default calls {@code load}; a store that locks or repairs in {@code load} overrides it.
     *
     * @throws CorruptCheckpointException as {@link #load}
     * @throws StoreException as {@link #load}
     */
    default Optional<Checkpoint> peek(String watcher) {
        return load(watcher);
    }

    /**
     * Keeps a checkpoint durably: when this returns, a crash no longer loses it.
     *
     * @throws StaleCheckpointException if the store holds one that {@link Checkpoint#isOlderThan is newer} or has a higher term
     * @throws StoreLockedException if another watcher has taken the place over
     * @throws StoreException if it could not be kept now; a later call may work
     */
    void save(String watcher, Checkpoint checkpoint);

    /**
     * Keeps a checkpoint durably in the place of whatever is held, older or newer, in one step: the watcher was moved there with
     * {@link io.changewatch.ChangeWatcher#seek}. A crash leaves the one or the other. The default saves, and refuses to go back, as
     * {@code delete} and {@code save} would lose the place if the process ended in between.
     *
     * @throws StaleCheckpointException if the store holds a higher term
     * @throws UnsupportedOperationException if the store holds a newer position and cannot replace it in one step; what it holds
     *     stays. The watcher goes on where it was
     * @throws StoreLockedException as {@link #save}
     * @throws StoreException if it could not be kept now; a later call may work
     */
    default void reset(String watcher, Checkpoint checkpoint) {
        try {
            save(watcher, checkpoint);
        } catch (StaleCheckpointException e) {
            if (peek(watcher).filter(held -> held.term() > checkpoint.term()).isPresent()) {
                throw e;
            }
            throw new UnsupportedOperationException(
                    "The store " + getClass().getSimpleName()
                            + " does not go back to an older checkpoint: override ResumeTokenStore.reset.",
                    e);
        }
    }

    /**
     * Earlier checkpoints of a watcher, the newest first: those that a {@link HistoryPolicy} of the store chose. Each of them was
     * saved, so everything before it was handled at its {@link Checkpoint#savedAt}. Nothing is held or changed by it, as with
     * {@link #peek}. The default keeps none.
     *
     * @throws StoreException if the store cannot be read now
     */
    default List<Checkpoint> history(String watcher) {
        return List.of();
    }

    /**
     * Whether instances on other machines find the same checkpoints. Where it is not, a watcher with a lease warns at its start: an
     * instance that takes over elsewhere would begin anew. The default says yes.
     */
    default boolean isShared() {
        return true;
    }

    /**
     * Forgets a watcher, with its history; does nothing if there is none.
     *
     * @throws StoreException if the store cannot be written now
     */
    void delete(String watcher);

    /**
     * Frees what {@link #acquire} and the calls after it took, such as a file lock. Called when the watcher has ended, if
     * {@code acquire} returned; where a {@link #save} of it still hangs, that call frees when it ends. The default does nothing.
     */
    default void release(String watcher) {}
}
