package io.changewatch;

import io.changewatch.event.ChangeEvent;

/**
 * The application's code for one kind of event.
 *
 * <p>Called on the watcher's thread only, one event after the other; with {@link ChangeWatcherBuilder#concurrency} on several threads at
 * once. When it returns, the event counts as handled; when it
 * throws, {@link ChangeWatcherBuilder#whenHandlerFails} decides.
 *
 * @param <E> the kind of event
 */
@FunctionalInterface
public interface EventHandler<E extends ChangeEvent<?>> {

    /**
     * Handles one event. It may block: the server is not asked for more meanwhile, unless others are handled beside it.
     *
     * @throws Exception if the event was not handled
     */
    void handle(E event) throws Exception;
}
