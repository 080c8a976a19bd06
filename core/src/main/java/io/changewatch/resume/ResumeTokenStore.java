package io.changewatch.resume;

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
 * <p>All methods may block: they are called when the watcher starts, and then on its own checkpoint thread, never while an
 * event is handled. An implementation must allow calls for different watchers from different threads at the same time.
 */
public interface ResumeTokenStore {

    /**
     * The checkpoint of a watcher; empty if there has never been one.
     *
     * @throws CorruptCheckpointException if there is one that cannot be trusted; it must never be reported as absent
     * @throws StoreException if the store cannot be read now
     */
    Optional<Checkpoint> load(String watcher);

    /**
     * Keeps a checkpoint durably: when this returns, a crash no longer loses it.
     *
     * @throws StaleCheckpointException if the store holds one that {@link Checkpoint#isOlderThan is newer} or has a higher term
     * @throws StoreException if it could not be kept now; a later call may work
     */
    void save(String watcher, Checkpoint checkpoint);

    /**
     * Forgets a watcher; does nothing if there is none.
     *
     * @throws StoreException if the store cannot be written now
     */
    void delete(String watcher);

    /** Frees what is held for a watcher, such as a file lock. Called when the watcher has ended; the default does nothing. */
    default void release(String watcher) {}
}
