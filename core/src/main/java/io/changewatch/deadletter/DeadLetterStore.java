package io.changewatch.deadletter;

import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps the events that a watcher could not handle, until they are re-driven or dropped.
 *
 * <p>Letters belong to the watcher that parked them, by its name, which may be any text. A watcher answers exceptions as those of its
 * store of checkpoints: it tries again by {@code retryStore(...)} after any that may pass; a
 * {@link io.changewatch.ConfigurationException} and, before the first call has worked, what looks like a mistake in the program end it.
 * Test an implementation of your own with {@code DeadLetterStoreContract} of the testkit.
 *
 * <p>Every method blocks. An implementation must be thread-safe: it is called on the threads that call handlers, several at once with
 * several watchers, and on those that use {@link DeadLetters}, also of other processes where the storage is shared.
 */
public interface DeadLetterStore {

    /** How many bytes of events one {@link #list page} may hold, unless its first letter alone is larger: 16 MiB. */
    int PAGE_BYTES = 16 << 20;

    /**
     * Keeps a letter durably: when this returns, a crash no longer loses it. One that is there with its id stays as it is. An
     * event may be larger than 16 MB.
     *
     * @return whether the letter was not there before
     * @throws StoreException if it could not be kept now; a later call may work, also if this one has kept it
     */
    boolean park(DeadLetter letter);

    /**
     * The letters of a watcher in the order of the stream, which is that of their ids as text.
     *
     * @param after the id behind which to begin; empty for the beginning. It need not be there
     * @param limit how many at most, 1 or more; fewer come where their events exceed {@link #PAGE_BYTES}. Only an empty list says that there are no more
     * @throws CorruptLetterException if the first of them is damaged; those behind it can be listed after its id. A page ends before a
     *     damaged letter
     * @throws StoreException if the store cannot be read now
     */
    List<DeadLetter> list(String watcher, String after, int limit);

    /**
     * One letter of a watcher; empty if it is not there.
     *
     * @throws CorruptLetterException if it is damaged
     * @throws StoreException if the store cannot be read now
     */
    Optional<DeadLetter> find(String watcher, String id);

    /**
     * The id of a document's oldest letter, damaged or not; empty if it has none. Sees what is durable, also by other processes.
     *
     * @param key see {@link DeadLetter#key()}
     * @throws StoreException if the store cannot be read now
     */
    Optional<String> oldestOf(String watcher, String key);

    /**
     * The {@linkplain DeadLetter#key() keys} of documents that have letters, {@code limit} of them at most.
     *
     * @throws StoreException if the store cannot be read now
     */
    Set<String> keys(String watcher, int limit);

    /**
     * Keeps {@code letter} durably in the place of the one with its id, unless that is gone.
     *
     * @return whether it was there
     * @throws StoreException if it could not be kept now; the one before is there then, or this one
     */
    boolean replace(DeadLetter letter);

    /**
     * Removes a letter for good, damaged or not.
     *
     * @return whether it was there
     * @throws StoreException if the store cannot be written now
     */
    boolean remove(String watcher, String id);

    /**
     * How many letters of a watcher there are, damaged ones included.
     *
     * @throws StoreException if the store cannot be read now
     */
    long count(String watcher);

    /**
     * Takes the right to re-drive letters of a watcher, or keeps it for longer: one holder has it at a time, so that letters of one
     * document are handled one after the other. It ends by itself after {@code time}, with a process that held it or without.
     *
     * @param holder a text that nobody else uses
     * @return whether {@code holder} has it now; if not, another one has
     * @throws StoreException if the store cannot be written now
     */
    boolean reserve(String watcher, String holder, Duration time);

    /**
     * Gives the right back; does nothing if {@code holder} does not have it.
     *
     * @throws StoreException if the store cannot be written now
     */
    void release(String watcher, String holder);
}
