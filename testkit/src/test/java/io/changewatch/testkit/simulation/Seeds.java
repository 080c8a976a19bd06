package io.changewatch.testkit.simulation;

import java.util.List;
import java.util.Optional;

/** Runs seeds, and tells of the first that breaks a promise. */
final class Seeds {
    private static final int LINES = 60;

    private Seeds() {}

    /** Whether {@code seed} breaks a promise. */
    static Optional<AssertionError> violation(long seed, Mutation mutation, Carriers carriers) {
        try {
            new Simulation(seed, mutation, History.forgotten(), carriers).run();
            return Optional.empty();
        } catch (AssertionError e) {
            return Optional.of(e);
        }
    }

    /** What happens with {@code seed}, line by line. */
    static List<String> history(long seed, Mutation mutation, Carriers carriers) {
        History history = History.kept();
        try {
            new Simulation(seed, mutation, history, carriers).run();
            history.note(() -> "all promises are kept");
        } catch (AssertionError e) {
            history.note(() -> "BROKEN: " + e.getMessage());
        }
        return history.lines();
    }

    /** How a failure of {@code seed} is told: the last of its history, and how to see all of it. */
    static AssertionError told(long seed, AssertionError violation, Carriers carriers) {
        List<String> lines = history(seed, Mutation.NONE, carriers);
        List<String> tail = lines.subList(Math.max(0, lines.size() - LINES), lines.size());
        return new AssertionError(
                "Seed " + seed + " breaks a promise: " + violation.getMessage()
                        + ". Its whole history: scripts/simulate " + seed + ". The end of it:\n"
                        + String.join("\n", tail),
                violation);
    }
}
