package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static io.changewatch.internal.engine.Events.undecodable;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.deadletter.ParkingCause;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.deadletter.ParkingReason;
import io.changewatch.deadletter.RedriveReport;
import io.changewatch.deadletter.Redriven;
import io.changewatch.deadletter.Redriven.Outcome;
import io.changewatch.event.Gap;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

final class LetterDeskTest {
    private final MemoryLetters letters = new MemoryLetters();
    private final Set<Integer> poisonous = ConcurrentHashMap.newKeySet();
    private final WatchSetup setup = new WatchSetup()
            .parkIn(letters, ParkingOrder.BLOCK_KEY)
            .whenHandlerFails(HandlerFailurePolicy.retry(
                    (failures, elapsed, random) -> failures < 3 ? Optional.of(Duration.ofMillis(1)) : Optional.empty()))
            .handler(event -> {
                if (poisonous.contains(event.clusterTime().getTime())) {
                    throw new IllegalStateException("poison");
                }
            });
    private final DeadLetters desk = new LetterDesk<>(setup.settings(), letters, setup.time);

    private String park(BsonDocument event) {
        DeadLetter letter = DeadLetter.of(
                "orders",
                event,
                ParkingReason.FAILED,
                Optional.of(ParkingCause.of(new IllegalStateException("first"))),
                3,
                ManualSurroundings.BEGIN);
        letters.park(letter);
        return letter.id();
    }

    private static BsonDocument of(int id, int seconds) {
        return insert(token(seconds), time(seconds), id);
    }

    @Test
    void handlesALetterAndRemovesIt() throws InterruptedException {
        String id = park(of(1, 101));

        assertThat(desk.redrive(id)).isEqualTo(new Redriven(id, Outcome.HANDLED, Optional.empty()));

        assertThat(setup.handledTimes()).containsExactly(101);
        assertThat(desk.count()).isZero();
    }

    @Test
    void keepsALetterThatFailsAgainWithItsAttempts() throws InterruptedException {
        poisonous.add(101);
        String id = park(of(1, 101));

        Redriven redriven = desk.redrive(id);

        assertThat(redriven.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(redriven.failure()).get().isInstanceOf(IllegalStateException.class);
        DeadLetter letter = desk.find(id).orElseThrow();
        assertThat(letter.attempts()).isEqualTo(6);
        assertThat(letter.cause().map(ParkingCause::message)).contains("poison");
    }

    @Test
    void keepsALetterThatStillCannotBeDecoded() throws InterruptedException {
        String id = park(undecodable(101));

        assertThat(desk.redrive(id).outcome()).isEqualTo(Outcome.FAILED);

        assertThat(desk.find(id).orElseThrow().reason()).isEqualTo(ParkingReason.UNDECODABLE);
        assertThat(desk.find(id).orElseThrow().attempts()).isEqualTo(4);
    }

    @Test
    void refusesALetterBehindAnotherOfItsDocument() throws InterruptedException {
        String first = park(of(1, 101));
        String second = park(of(1, 102));

        assertThat(desk.redrive(second).outcome()).isEqualTo(Outcome.BEHIND);
        assertThat(setup.handled).isEmpty();
        assertThat(desk.redrive(first).outcome()).isEqualTo(Outcome.HANDLED);
        assertThat(desk.redrive(second).outcome()).isEqualTo(Outcome.HANDLED);
    }

    @Test
    void handlesAllInTheOrderOfTheStreamAndNothingBehindAFailure() throws InterruptedException {
        poisonous.add(103);
        for (int time = 120; time > 100; time--) {
            park(of(time % 4, time));
        }

        RedriveReport report = desk.redriveAll();

        assertThat(setup.handledTimes())
                .containsExactly(101, 102, 104, 105, 106, 108, 109, 110, 112, 113, 114, 116, 117, 118, 120);
        assertThat(letters.times()).containsExactly(103, 107, 111, 115, 119);
        assertThat(report.handled()).isEqualTo(15);
        assertThat(report.failed()).isEqualTo(1);
        assertThat(report.behind()).isEqualTo(4);
        assertThat(report.isComplete()).isTrue();
        assertThat(report.firstFailure().flatMap(Redriven::failure)).get().isInstanceOf(IllegalStateException.class);
    }

    @Test
    void handlesMoreThanAPage() throws InterruptedException {
        for (int time = 1; time <= 250; time++) {
            park(of(time % 3, time));
        }

        assertThat(desk.redriveAll().handled()).isEqualTo(250);
        assertThat(setup.handledTimes()).isSorted().hasSize(250);
    }

    @Test
    void leavesLettersToWhoReDrivesThem() throws InterruptedException {
        String id = park(of(1, 101));
        letters.reserve("orders", "somebody", Duration.ofMinutes(1));

        assertThat(desk.redrive(id).outcome()).isEqualTo(Outcome.BUSY);
        assertThat(desk.redriveAll().isComplete()).isFalse();
        assertThat(setup.handled).isEmpty();

        letters.release("orders", "somebody");
        assertThat(desk.redriveAll().handled()).isEqualTo(1);
    }

    @Test
    void givesTheRightBackWhenItIsInterrupted() throws InterruptedException {
        String id = park(of(1, 101));
        setup.handler(event -> {
            Thread.currentThread().interrupt();
            throw new InterruptedException();
        });

        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> desk.redrive(id));
        assertThat(Thread.interrupted()).isTrue();

        setup.handler(event -> {});
        assertThat(desk.redrive(id).outcome()).isEqualTo(Outcome.HANDLED);
    }

    @Test
    void saysThatThereIsNoSuchLetter() throws InterruptedException {
        assertThat(desk.redrive("../etc").outcome()).isEqualTo(Outcome.ABSENT);
        assertThat(desk.find("x")).isEmpty();
        assertThat(desk.drop("x")).isFalse();
    }

    @Test
    void dropsALetter() {
        String id = park(of(1, 101));

        assertThat(desk.drop(id)).isTrue();
        assertThat(desk.list()).isEmpty();
        assertThat(desk.drop(id)).isFalse();
    }

    @Test
    void handsOutAGapAsAGap() throws InterruptedException {
        Gap<BsonDocument> gap = Gap.of(
                token(101),
                time(50),
                time(101),
                HistoryLostPolicy.RESTART_FROM_NOW,
                new IllegalStateException("too late"));
        park(gap.raw());

        assertThat(desk.redriveAll().handled()).isEqualTo(1);

        assertThat(setup.handled.get(0)).isInstanceOfSatisfying(Gap.class, again -> {
            assertThat(again.from()).isEqualTo(time(50));
            assertThat(again.policy()).isEqualTo(HistoryLostPolicy.RESTART_FROM_NOW);
            assertThat(again.cause()).hasMessage("java.lang.IllegalStateException: too late");
        });
    }

    @Test
    void asksForOneLetterAtLeast() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> desk.list("", 0))
                .withMessage("list(..., 0): at least 1 letter has to be asked for.");
    }
}
