package io.changewatch.internal.engine;

import io.changewatch.deadletter.RedriveReport;
import io.changewatch.deadletter.Redriven;
import io.changewatch.deadletter.Redriven.Outcome;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Counts what came of letters. Not thread-safe. */
final class RedriveTally {
    private final Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
    private @Nullable Redriven firstFailure;

    void add(Redriven redriven) {
        counts.merge(redriven.outcome(), 1L, Long::sum);
        if (firstFailure == null && redriven.outcome() == Outcome.FAILED) {
            firstFailure = redriven;
        }
    }

    RedriveReport report(boolean isComplete) {
        return new RedriveReport(
                count(Outcome.HANDLED),
                count(Outcome.FAILED),
                count(Outcome.BEHIND),
                isComplete,
                Optional.ofNullable(firstFailure));
    }

    private long count(Outcome outcome) {
        return counts.getOrDefault(outcome, 0L);
    }
}
