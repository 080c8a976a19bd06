package io.changewatch.resume;

import com.mongodb.reactivestreams.client.ClientSession;
import java.util.Optional;

/**
 * A store in a MongoDB that can save a checkpoint in the transaction of the effects it stands for. For
 * {@code ChangeWatcherBuilder.onTransaction}; its client has to be that of the watcher.
 *
 * <p>A watcher with transactions calls {@link #takeOver} in the place of {@link #load}, {@link #saveIn} for positions behind events,
 * and {@link #save} for positions behind which nothing was handled; never two of them at once. Each call is a wait for the server.
 */
public interface TransactionalResumeTokenStore extends ResumeTokenStore {

    /**
     * Loads a checkpoint and makes the place this store's own, in one step: from then on no save and no transaction of another
     * watcher of this name takes effect, until that one takes over.
     *
     * @param session without a transaction; the one that {@link #saveIn} will be called with
     * @throws CorruptCheckpointException as {@link #load}
     * @throws io.changewatch.ConfigurationException if the session is another client's
     * @throws StoreException if the server fails now
     */
    Optional<Checkpoint> takeOver(ClientSession session, String watcher);

    /**
     * Saves a checkpoint in the transaction of {@code session}, before its other writes.
     *
     * @return whether it will be saved; if not, it is there already: the transaction of an earlier call was committed, though
     *     nobody could know, and this one must not have any effect
     * @throws StaleCheckpointException if the store holds one that is newer
     * @throws StoreLockedException if another watcher has taken the place over
     * @throws StoreException if the server fails now; the transaction has to be aborted
     */
    boolean saveIn(ClientSession session, String watcher, Checkpoint checkpoint);

    /**
     * The transaction of {@link #saveIn} is committed: whoever keeps a {@link #history} may add to it. What it throws is logged, and no
     * more. The default does nothing.
     */
    default void committed(String watcher, Checkpoint checkpoint) {}
}
