package io.changewatch.deadletter;

import java.util.Objects;
import java.util.Optional;

/**
 * What came of {@link DeadLetters#redriveAll()}.
 *
 * <p>Immutable and thread-safe.
 *
 * @param handled how many letters were handled and removed
 * @param failed how many were tried in vain, or are damaged
 * @param behind how many were not tried, as an older letter of their document is still there
 * @param isComplete whether all letters were looked at; if not, somebody else re-drives them
 * @param firstFailure the oldest letter that failed
 */
public record RedriveReport(
        long handled, long failed, long behind, boolean isComplete, Optional<Redriven> firstFailure) {

    /** Checks that {@code firstFailure} is not null. */
    public RedriveReport {
        Objects.requireNonNull(firstFailure, "firstFailure");
    }
}
