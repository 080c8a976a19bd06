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
        assertThat(found(Mutations::resumingAtAFragment)).contains("fragment");
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
