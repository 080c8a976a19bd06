package io.changewatch.internal.deliver;

import io.changewatch.event.ChangeEvent;

/**
 * Takes the events that are given up, instead of failing the watcher or leaving them out.
 *
 * <p>Thread-safe: called on every thread that calls handlers. Both methods return when the event is kept for good, so that a
 * position behind it may be saved; they wait as long as it takes, and throw some exception if the watcher is stopped meanwhile.
 */
public interface GivenUpEvents {

    /**
     * Keeps {@code event} if an older one of its document is kept; it is not to be handled then. Called before its first attempt.
     *
     * @return whether it is kept
     * @throws InterruptedException if this thread is interrupted
     */
    boolean holdsBack(ChangeEvent<?> event) throws InterruptedException;

    /**
     * Keeps {@code event}, whose last attempt failed with {@code cause}.
     *
     * @throws InterruptedException if this thread is interrupted
     */
    void giveUp(ChangeEvent<?> event, int attempts, Exception cause) throws InterruptedException;
}
