package io.changewatch;

import io.changewatch.event.ChangeEvent;
import java.util.List;

/**
 * The application's code for several events at once, in the server's order.
 *
 * <p>Called on a thread of the watcher's own, {@code changewatch-<name>-batch}, one batch after the other. When it returns, the
 * whole batch counts as handled, and the next checkpoint may be its last event; when it throws,
 * {@link ChangeWatcherBuilder#whenHandlerFails} decides.
 *
 * @param <E> the kind of events
 */
@FunctionalInterface
public interface BatchHandler<E extends ChangeEvent<?>> {

    /**
     * Handles a batch: {@link io.changewatch.event.DocumentEvent}s only, or one event of another kind. It may block: the watcher
     * collects one batch meanwhile, and then waits.
     *
     * @param events at least one; cannot be modified, and may be kept
     * @throws Exception if the batch was not handled; it comes again as a whole
     */
    void handle(List<E> events) throws Exception;
}
