package io.changewatch.resume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class CheckpointPolicyTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void isDueAfterEveryEvent() {
        CheckpointPolicy policy = CheckpointPolicy.everyEvent();

        assertThat(policy.isDue(0, Duration.ofDays(1))).isFalse();
        assertThat(policy.isDue(1, Duration.ZERO)).isTrue();
    }

    @Test
    void isDueAfterSoManyEvents() {
        CheckpointPolicy policy = CheckpointPolicy.everyEvents(3);

        assertThat(policy.isDue(2, Duration.ofDays(1))).isFalse();
        assertThat(policy.isDue(3, Duration.ZERO)).isTrue();
        assertThat(policy.isDue(Long.MAX_VALUE, Duration.ZERO)).isTrue();
    }

    @Test
    void isDueAfterTheInterval() {
        CheckpointPolicy policy = CheckpointPolicy.every(SECOND);

        assertThat(policy.isDue(1_000_000, SECOND.minusNanos(1))).isFalse();
        assertThat(policy.isDue(0, SECOND)).isTrue();
    }

    @Test
    void isDueWhenEitherOfTwoIs() {
        CheckpointPolicy policy = CheckpointPolicy.everyEvents(3).or(CheckpointPolicy.every(SECOND));

        assertThat(policy.isDue(2, Duration.ZERO)).isFalse();
        assertThat(policy.isDue(3, Duration.ZERO)).isTrue();
        assertThat(policy.isDue(0, SECOND)).isTrue();
    }

    @Test
    void isDueWhenBothOfTwoAre() {
        CheckpointPolicy policy = CheckpointPolicy.everyEvents(3).and(CheckpointPolicy.every(SECOND));

        assertThat(policy.isDue(3, SECOND.minusNanos(1))).isFalse();
        assertThat(policy.isDue(2, SECOND)).isFalse();
        assertThat(policy.isDue(3, SECOND)).isTrue();
    }

    @Test
    void isByDefaultDueAfterAThousandEventsOrASecondAndTwentyTimesASecondAtMost() {
        CheckpointPolicy policy = CheckpointPolicy.standard();

        assertThat(policy.isDue(999, SECOND.minusNanos(1))).isFalse();
        assertThat(policy.isDue(1_000_000, Duration.ofMillis(49))).isFalse();
        assertThat(policy.isDue(1_000, Duration.ofMillis(50))).isTrue();
        assertThat(policy.isDue(0, SECOND)).isTrue();
    }

    @Test
    void refusesWhatCannotBeMeant() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CheckpointPolicy.everyEvents(0))
                .withMessage("everyEvents(0): at least 1 event is needed.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CheckpointPolicy.every(Duration.ZERO))
                .withMessage("every(PT0S): a positive interval is needed; use everyEvent() for none.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CheckpointPolicy.every(SECOND.negated()))
                .withMessage("every(PT-1S): a positive interval is needed; use everyEvent() for none.");
        assertThatNullPointerException()
                .isThrownBy(() -> CheckpointPolicy.everyEvent().and(null))
                .withMessage("other");
        assertThatNullPointerException()
                .isThrownBy(() -> CheckpointPolicy.every(null))
                .withMessage("interval");
        assertThatNullPointerException()
                .isThrownBy(() -> CheckpointPolicy.everyEvent().or(null))
                .withMessage("other");
    }
}
