package io.changewatch.internal.engine;

import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.deliver.FailureHandling.Pause;
import io.changewatch.observe.WatcherListener;

/**
 * What a deliverer needs that saves checkpoints itself.
 *
 * @param pause waits between attempts, unless the watcher is stopped
 */
public record Committing(Checkpointer checkpointer, WatcherListener listener, Pause pause, Surroundings surroundings) {}
