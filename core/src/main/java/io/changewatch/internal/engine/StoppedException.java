package io.changewatch.internal.engine;

import io.changewatch.ChangeWatchException;

/** Unwinds the loop when the watcher is to stop. Never leaves the engine. */
final class StoppedException extends ChangeWatchException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
        super("The watcher was asked to stop.");
    }
}
