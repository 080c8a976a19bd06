package io.changewatch.internal.engine;

import io.changewatch.StartPosition;
import io.changewatch.resume.Checkpoint;
import org.jspecify.annotations.Nullable;

/**
 * The wish that a watcher goes on elsewhere, and what has become of it.
 *
 * <p>Guarded by its {@link Steering}, but for the target, which is final.
 */
final class Seek {
    final StartPosition start;
    final @Nullable Checkpoint checkpoint;

    boolean begun;
    boolean ended;

    @Nullable
    RuntimeException failure;

    private Seek(StartPosition start, @Nullable Checkpoint checkpoint) {
        this.start = start;
        this.checkpoint = checkpoint;
    }

    static Seek to(StartPosition start) {
        return new Seek(start, null);
    }

    /** To a checkpoint of this watcher. */
    static Seek to(Checkpoint checkpoint) {
        return new Seek(StartPosition.after(checkpoint.token()), checkpoint);
    }
}
