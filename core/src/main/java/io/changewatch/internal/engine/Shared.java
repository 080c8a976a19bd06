package io.changewatch.internal.engine;

import io.changewatch.internal.checkpoint.Fence;
import io.changewatch.internal.checkpoint.NamedStore;
import org.jspecify.annotations.Nullable;

/**
 * What all parts of one watcher share.
 *
 * <p>Each part says itself on which threads it is used.
 *
 * @param parking null where events that are given up are not kept
 * @param fence the lease's, or {@link Fence#NONE}
 */
record Shared<T>(
        WatcherSettings<T> settings,
        Lifecycle lifecycle,
        Steering steering,
        SafeListener listener,
        Counters counters,
        Surroundings surroundings,
        @Nullable Parking parking,
        Fence fence) {

    /** The watcher's name. */
    String watcher() {
        return settings.name();
    }

    /** Whether the application has a listener, so that notices are worth making. */
    boolean isListenedTo() {
        return !settings.listeners().isEmpty();
    }

    FailureMessages messages() {
        return new FailureMessages(
                watcher(),
                settings.source().scope(),
                settings.checkpoints().store().map(NamedStore::of));
    }
}
