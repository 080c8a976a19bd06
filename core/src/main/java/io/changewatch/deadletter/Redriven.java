package io.changewatch.deadletter;

import java.util.Objects;
import java.util.Optional;

/**
 * What came of one re-drive.
 *
 * <p>Immutable and thread-safe.
 *
 * @param id the letter
 * @param outcome what happened
 * @param failure what was thrown; present with {@code FAILED} only
 */
public record Redriven(String id, Outcome outcome, Optional<Throwable> failure) {

    /** Checks that no part is null. */
    public Redriven {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(outcome, "outcome");
        Objects.requireNonNull(failure, "failure");
    }

    /** What can happen to a letter. */
    public enum Outcome {
        /** The handlers have handled it, and it is removed. */
        HANDLED,
        /** It was tried in vain: it stays, with its attempts raised. */
        FAILED,
        /** It was not tried, as an older letter of its document is there. */
        BEHIND,
        /** There is no such letter. */
        ABSENT,
        /** It was not tried, as somebody else re-drives letters of this watcher. */
        BUSY
    }
}
