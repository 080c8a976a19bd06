package io.changewatch.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The simulation finds an engine that breaks a rule. */
final class MutationTest {
    private static final int SEEDS = 2_000;

    private final Carriers carriers = new Carriers();

    @Test
    void findsACheckpointBeforeTheHandling() {
        assertThat(found(EarlyCheckpoint::new)).contains("covers");
    }

    @Test
    void findsAStreamThatIsOpenedNowInsteadOfAtItsPosition() {
        assertThat(found(Mutations::reopeningNow)).contains("opened now, though");
    }

    @Test
    void findsAPostBatchPositionThatIsSavedBeforeItsEventsAreHandled() {
        assertThat(found(Mutations::savingTheBatchEarly)).contains("covers");
    }

    @Test
    void findsPostBatchPositionsThatAreNeverUsed() {
        assertThat(found(Mutations::ignoringIdlePositions)).contains("though the server has told");
    }

    @Test
    void findsAStreamThatIsOpenedAtAFragment() {
        assertThat(found(Mutations::resumingAtAFragment))
                .containsAnyOf("opened after a fragment", "a probe is opened by token");
    }

    @Test
    void findsAPositionThatIsSavedBeforeTheGapInFrontOfItIsHandedOut() {
        assertThat(found(Mutations::savingTheOpening)).contains("covers");
    }

    @Test
    void findsALostPlaceThatIsAskedForAgain() {
        assertThat(found(Mutations::retryingALostPlace)).contains("opened at a lost place again");
    }

    @Test
    void findsWhatIsHandedOutAgainBecauseTheStreamIsOpenedByClusterTime() {
        assertThat(found(Mutations::handingOutAgain)).containsAnyOf("the handler got", "failed without need");
    }

    @Test
    void findsAGapThatNobodyIsToldOf() {
        assertThat(found(Mutations::hidingGaps)).containsAnyOf("the handler got", "not caught up", "covers");
    }

    @Test
    void findsAnEventThatIsLeftOutBesideOneThatCannotBeDelivered() {
        assertThat(found(Mutations::leavingOutOneTooMany))
                .containsAnyOf("the handler got", "covers", "failed without need");
    }

    @Test
    void findsACheckpointThatGoesBack() {
        assertThat(found(Mutations::goingBack)).contains("the checkpoint goes back");
    }

    @Test
    void findsAStreamThatIsOpenedTooOften() {
        assertThat(found(Mutations::openingTooOften)).contains("more than five openings at once");
    }

    @Test
    void findsACheckpointBeforeAnOlderEventThatAnotherHandlerStillHas() {
        assertThat(found(Mutations::forgettingOlderEvents)).contains("covers");
    }

    @Test
    void findsACheckpointBeforeABatchThatItsHandlerStillHas() {
        assertThat(found(Mutations::reportingBatchesEarly)).contains("covers");
    }

    @Test
    void findsEventsOfOneDocumentThatAreHandledSideBySide() {
        assertThat(found(Mutations::keepingNoOrder)).containsPattern("the handler gets .* before .* is handled");
    }

    @Test
    void findsAWakeUpThatIsLost() {
        assertThat(found(Mutations::losingWakeUps)).contains("deadlock: work is undone");
    }

    @Test
    void findsAPauseThatDoesNotLast() {
        assertThat(found(Mutations::notStayingPaused)).contains("while it is paused");
    }

    private String found(Supplier<Mutation> mutation) {
        return IntStream.range(0, SEEDS)
                .mapToObj(seed -> Seeds.violation(seed, mutation.get(), carriers))
                .flatMap(Optional::stream)
                .findFirst()
                .map(Throwable::getMessage)
                .orElseThrow(() -> new AssertionError("No seed below " + SEEDS + " finds it."));
    }
}
