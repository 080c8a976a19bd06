package io.changewatch.internal.engine;

import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.deliver.FailureHandling;

/**
 * Makes the deliverer of a watcher: for handlers or for a subscriber.
 *
 * @param <T> the type documents are decoded to
 */
@FunctionalInterface
public interface DelivererFactory<T> {

    /**
     * The deliverer.
     *
     * @param failures runs the application's code by the policy
     * @param progress is told what is handled
     * @param stop asks the watcher to stop; returns at once
     */
    Deliverer<T> deliverer(FailureHandling failures, Deliverer.Progress progress, Runnable stop);

    /** The same for one that saves checkpoints itself; others do not. */
    default Deliverer<T> deliverer(
            FailureHandling failures, Deliverer.Progress progress, Runnable stop, Committing committing) {
        return deliverer(failures, progress, stop);
    }
}
