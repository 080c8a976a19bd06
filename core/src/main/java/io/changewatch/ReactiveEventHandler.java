package io.changewatch;

import io.changewatch.event.ChangeEvent;
import org.reactivestreams.Publisher;

/**
 * {@link AsyncEventHandler} for what a reactive driver or framework returns: the event counts as handled when the publisher completes.
 *
 * <p>Called on a thread of the watcher's own, {@code changewatch-<name>-worker-1}, one event after the other.
 *
 * @param <E> the kind of event
 */
@FunctionalInterface
public interface ReactiveEventHandler<E extends ChangeEvent<?>> {

    /**
     * Says how one event is handled. It should not block: no other event begins meanwhile.
     *
     * @return is subscribed to at once, with unbounded demand; what it emits is ignored, a null counts as a failure
     * @throws Exception if the event was not handled
     */
    Publisher<?> handle(E event) throws Exception;
}
