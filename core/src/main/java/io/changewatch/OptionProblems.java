package io.changewatch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with the options of a builder, each as a clause, the first to be mended first.
 *
 * <p>Not thread-safe.
 */
final class OptionProblems {
    private final List<String> found = new ArrayList<>();

    void require(boolean holds, String rule) {
        if (!holds) {
            found.add(rule);
        }
    }

    /** An option that is not set has no problem. */
    void requirePositive(String option, @Nullable Duration value) {
        require(value == null || isPositive(value), option + '(' + value + ") must be positive");
    }

    void requireAtLeastOne(String option, long value) {
        require(value >= 1, option + '(' + value + ") must be at least 1");
    }

    static boolean isPositive(Duration duration) {
        return duration.compareTo(Duration.ZERO) > 0;
    }

    List<String> found() {
        return found;
    }
}
