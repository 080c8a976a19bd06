package io.changewatch.internal.checkpoint;

import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import java.util.Optional;

/**
 * What a {@link Checkpointer} works by.
 *
 * @param store empty if positions are kept nowhere
 * @param retry when a failed save is tried again
 * @param maxUnsavedEvents how many handled events may be unsaved before there is no more room
 */
public record CheckpointSettings(
        String watcher,
        Optional<ResumeTokenStore> store,
        CheckpointPolicy policy,
        RetryPolicy retry,
        int maxUnsavedEvents,
        Fingerprint fingerprint) {

    /** The same with another store. */
    public CheckpointSettings storedIn(ResumeTokenStore other) {
        return new CheckpointSettings(watcher, Optional.of(other), policy, retry, maxUnsavedEvents, fingerprint);
    }
}
