package io.changewatch;

/**
 * The application's code for events that it acknowledges itself, from whatever thread and in whatever order.
 *
 * <p>Called on a thread of the watcher's own, {@code changewatch-<name>-worker-1}, one event after the other.
 *
 * @param <T> the type documents are decoded to
 */
@FunctionalInterface
public interface DeliveryHandler<T> {

    /**
     * Takes over one event, which is handled when {@link Delivery#acknowledge()} is called. It should not block: no other event is
     * handed out meanwhile.
     *
     * @throws Exception if the event was not taken over; as {@link Delivery#fail}
     */
    void handle(Delivery<T> delivery) throws Exception;
}
