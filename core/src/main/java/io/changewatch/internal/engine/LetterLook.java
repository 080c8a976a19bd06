package io.changewatch.internal.engine;

import static io.changewatch.diagnose.Check.LETTERS;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;

import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.diagnose.Finding;
import java.util.Optional;

/**
 * Looks at the letters of a watcher. Nothing is changed by it.
 *
 * <p>Not thread-safe.
 */
final class LetterLook {
    private final Optional<ParkingSettings> parking;
    private final StoreQuestion question;

    LetterLook(DiagnosisPlan plan, StoreQuestion question) {
        this.parking = plan.parking();
        this.question = question;
    }

    /** Without {@code parkIn(...)} there is nothing to tell. */
    Optional<Finding> finding() {
        return parking.map(this::finding);
    }

    private Finding finding(ParkingSettings asked) {
        String name = asked.store().getClass().getSimpleName();
        try {
            long waiting = question.ask(() -> asked.store().count(question.watcher()));
            return waiting == 0
                    ? Finding.of(OK, LETTERS, "None of '" + question.watcher() + "' waits in " + name + '.')
                    : waiting(asked, waiting + (waiting == 1 ? " event waits in " : " events wait in ") + name);
        } catch (RuntimeException e) {
            return Finding.of(PROBLEM, LETTERS, "The letters in " + name + " cannot be counted: " + e.getMessage());
        }
    }

    private static Finding waiting(ParkingSettings asked, String found) {
        String blocked = asked.order() == ParkingOrder.BLOCK_KEY
                ? "; what else happens to their documents is parked behind them"
                : "";
        return Finding.of(
                WARNING,
                LETTERS,
                found + blocked + '.',
                "deadLetters() of this builder lists them, hands them to its handlers again, and drops them.");
    }
}
