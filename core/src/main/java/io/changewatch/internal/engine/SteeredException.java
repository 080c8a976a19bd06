package io.changewatch.internal.engine;

import io.changewatch.ChangeWatchException;

/** Unwinds the loop when the watcher is to pause or to go on elsewhere. Never leaves the engine. */
final class SteeredException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    SteeredException() {
        super("The watcher is steered.");
    }
}
