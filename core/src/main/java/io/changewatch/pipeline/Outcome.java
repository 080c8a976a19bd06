package io.changewatch.pipeline;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is known about a condition when only the operation is: its truth, and which paths decide it otherwise.
 *
 * @param undecided the paths below the document in question that are read unless the truth is known
 */
record Outcome(Truth truth, Set<String> undecided) {

    /** Three values: known to be true, known to be false, or depending on the event. */
    enum Truth {
        TRUE,
        FALSE,
        UNKNOWN
    }

    static Outcome of(boolean known) {
        return new Outcome(known ? Truth.TRUE : Truth.FALSE, Set.of());
    }

    static Outcome unknown(Set<String> undecided) {
        return new Outcome(Truth.UNKNOWN, undecided);
    }

    /** All of them: one that is false decides. */
    static Outcome all(List<Outcome> outcomes) {
        return combine(outcomes, Truth.FALSE, Truth.TRUE);
    }

    /** Any of them: one that is true decides. */
    static Outcome any(List<Outcome> outcomes) {
        return combine(outcomes, Truth.TRUE, Truth.FALSE);
    }

    private static Outcome combine(List<Outcome> outcomes, Truth decisive, Truth neutral) {
        if (outcomes.stream().anyMatch(outcome -> outcome.truth == decisive)) {
            return new Outcome(decisive, Set.of());
        }
        if (outcomes.stream().allMatch(outcome -> outcome.truth == neutral)) {
            return new Outcome(neutral, Set.of());
        }
        Set<String> undecided = new TreeSet<>();
        outcomes.forEach(outcome -> undecided.addAll(outcome.undecided));
        return unknown(undecided);
    }

    Outcome negated() {
        return truth == Truth.UNKNOWN ? this : of(truth == Truth.FALSE);
    }
}
