package io.changewatch.internal.deliver;

import io.changewatch.ChangeWatchException;

/** The deliverer was stopped before the event could be handed out: it is not handled, and nothing after it may be. */
public final class DeliveryStoppedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    DeliveryStoppedException() {
        super("Handing out events was stopped.");
    }
}
