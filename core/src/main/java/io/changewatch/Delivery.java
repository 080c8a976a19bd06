package io.changewatch;

import io.changewatch.event.ChangeEvent;

/**
 * An event whose handling the subscriber reports itself.
 *
 * <p>Thread-safe.
 *
 * @param <T> the type documents are decoded to
 */
public interface Delivery<T> {

    /** The event. */
    ChangeEvent<T> event();

    /**
     * Says that this event is handled. The checkpoint moves to an event when it and all before it are acknowledged.
     * Acknowledging twice does nothing. May be called from any thread.
     */
    void acknowledge();
}
