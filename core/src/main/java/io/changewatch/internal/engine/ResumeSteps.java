package io.changewatch.internal.engine;

import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.internal.engine.HistoryLoss.MissedEvents;
import io.changewatch.observe.ResumeStep;
import java.util.Optional;

/** Names the step of the ladder at which a stream was opened. */
final class ResumeSteps {

    private ResumeSteps() {}

    static ResumeStep of(Place place, Optional<MissedEvents> missed, boolean splitting) {
        if (missed.isPresent()) {
            return missed.get().policy() == HistoryLostPolicy.RESTART_FROM_OLDEST
                    ? ResumeStep.AT_OLDEST_ENTRY
                    : ResumeStep.NOW;
        }
        if (place.start() instanceof StartPosition.After) {
            return splitting ? ResumeStep.AFTER_TOKEN_WITH_SPLIT_EVENTS : ResumeStep.AFTER_TOKEN;
        }
        return place.start() instanceof StartPosition.At ? ResumeStep.AT_CLUSTER_TIME : ResumeStep.NOW;
    }
}
