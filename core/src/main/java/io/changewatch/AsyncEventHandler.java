package io.changewatch;

import io.changewatch.event.ChangeEvent;
import java.util.concurrent.CompletionStage;

/**
 * The application's code for events whose handling ends later, on whatever thread.
 *
 * <p>Called on a thread of the watcher's own, {@code changewatch-<name>-worker-1}, one event after the other. When its stage
 * completes, the event counts as handled; when that fails, or the call throws, {@link ChangeWatcherBuilder#whenHandlerFails} decides.
 *
 * @param <E> the kind of event
 */
@FunctionalInterface
public interface AsyncEventHandler<E extends ChangeEvent<?>> {

    /**
     * Begins to handle one event. It should not block: no other event begins meanwhile.
     *
     * @return completes when the event is handled; its value is ignored, a null counts as a failure
     * @throws Exception if the event was not handled
     */
    CompletionStage<?> handle(E event) throws Exception;
}
