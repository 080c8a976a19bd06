package io.changewatch.deadletter;

import io.changewatch.resume.StoreException;
import java.util.List;
import java.util.Optional;

/**
 * The letters of one watcher, for somebody who works on them: beside the running watcher, in its process or another, or
 * without one.
 *
 * {@snippet class="io.changewatch.examples.ParkedOrders" region="redrive"}
 *
 * <p>Re-driving decodes the event again and calls the validations and handlers of the builder, on the caller's thread, as often as its
 * policy for failures tries. So handlers may be called while a watcher calls them on its own thread: they must be thread-safe then. A letter
 * is removed when its handlers have returned; a crash in between makes it come again.
 *
 * <p>Of one document, letters are re-driven in the order of the stream, one at a time. With {@link ParkingOrder#BLOCK_KEY} the watcher
 * calls no handler with an event of the document meanwhile. What it parks when a re-drive is about to end is left for the next one. The
 * handlers of one letter may take ten minutes, retries included: then another caller may re-drive it, too.
 *
 * <p>Every method blocks, and throws a {@link StoreException} if the store cannot be used now. Thread-safe.
 */
public interface DeadLetters {

    /** The oldest letters, at most 100 and fewer where they are large. */
    List<DeadLetter> list();

    /**
     * The letters behind one.
     *
     * @param after the id behind which to begin; empty for the beginning
     * @param limit how many at most; fewer come where they are large. Only an empty list says that there are no more
     * @throws IllegalArgumentException if {@code limit} is less than 1
     * @throws CorruptLetterException if the first of them is damaged: go on behind its {@link CorruptLetterException#id()}
     */
    List<DeadLetter> list(String after, int limit);

    /**
     * One letter; empty if there is none with this id.
     *
     * @throws CorruptLetterException if it is damaged
     */
    Optional<DeadLetter> find(String id);

    /** How many letters there are. */
    long count();

    /**
     * Handles one letter and removes it, or raises its attempts.
     *
     * @throws io.changewatch.ConfigurationException if the builder has no handlers
     * @throws CorruptLetterException if it is damaged
     * @throws InterruptedException if this thread is interrupted; the letter stays
     */
    Redriven redrive(String id) throws InterruptedException;

    /**
     * Handles all letters in the order of the stream, also those that are parked meanwhile. What fails stays, and with it the later
     * letters of its document.
     *
     * @throws io.changewatch.ConfigurationException if the builder has no handlers
     * @throws InterruptedException if this thread is interrupted; what is not handled stays
     */
    RedriveReport redriveAll() throws InterruptedException;

    /** Removes a letter, damaged or not, without handling it: its event is lost. Returns whether it was there. */
    boolean drop(String id);
}
