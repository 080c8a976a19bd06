package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProbeScheduleTest {
    private long now;
    private final ProbeSchedule schedule = new ProbeSchedule(Duration.ofSeconds(1), () -> now);

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private Duration untilDue() {
        Duration waited = Duration.ZERO;
        while (!schedule.isDue()) {
            pass(Duration.ofSeconds(1));
            waited = waited.plusSeconds(1);
        }
        return waited;
    }

    @Test
    void isDueAfterTheAwaitTimeAndThenLessOftenUpToTheHeartbeat() {
        assertThat(untilDue()).hasSeconds(1);
        schedule.looked(0);
        assertThat(untilDue()).hasSeconds(2);
        schedule.looked(0);
        assertThat(untilDue()).hasSeconds(3);
        schedule.looked(0);
        assertThat(untilDue()).hasSeconds(3);
    }

    @Test
    void isNotDueWhileEventsCome() {
        pass(Duration.ofMillis(900));
        schedule.heard();
        pass(Duration.ofMillis(900));

        assertThat(schedule.isDue()).isFalse();
    }

    @Test
    void isNeverDueBeforeALongAwaitTime() {
        ProbeSchedule patient = new ProbeSchedule(Duration.ofMinutes(5), () -> now);
        patient.looked(0);
        pass(Duration.ofSeconds(299));
        assertThat(patient.isDue()).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(patient.isDue()).isTrue();
    }

    /** One a minute, each of which lives for five: and no longer is a dead connection taken for a quiet one. */
    @Test
    void leavesFewCursorsBehindWhereNoneCanBeKilled() {
        int cursors = 0;
        for (Duration passed = Duration.ZERO; passed.compareTo(Duration.ofHours(1)) < 0; cursors++) {
            passed = passed.plus(untilDue());
            schedule.looked(cursors + 1);
        }

        assertThat(cursors).isLessThan(70);
    }

    @Test
    void isAsOftenAsBeforeWhenCursorsAreKilledAgain() {
        schedule.looked(5);
        schedule.looked(0);

        assertThat(untilDue()).hasSeconds(3);
    }
}
