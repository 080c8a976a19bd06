package io.changewatch;

import io.changewatch.event.ChangeEvent;

/**
 * An event whose handling the application reports itself.
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

    /**
     * Says that this event could not be handled. {@link ChangeWatcherBuilder#whenHandlerFails} decides: a handler of
     * {@link ChangeWatcherBuilder#onDelivery} gets it again as another delivery, behind others that were handed out meanwhile; a
     * subscriber does not, it is skipped or the publisher ends with a {@link HandlerFailedException}. An {@link Error} ends the watcher.
     * After an acknowledgement, or a second time, it does nothing. May be called from any thread; with
     * {@link ChangeWatcherBuilder#parkIn} a subscriber's call returns when the letter is kept, so not from a thread of the store's driver.
     */
    void fail(Throwable cause);
}
