package io.changewatch.resume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

final class HistoryPolicyTest {
    private static final Instant BEGIN = Instant.parse("2026-05-01T10:00:00Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final HistoryPolicy standard = HistoryPolicy.standard();

    private static Checkpoint savedAt(Duration sinceBegin) {
        return new Checkpoint(
                new ResumeToken(new BsonDocument("_data", new BsonString("A"))),
                new BsonTimestamp((int) sinceBegin.toSeconds(), 1),
                BEGIN.plus(sinceBegin),
                new Fingerprint("shop.orders", ""),
                0);
    }

    private static List<Checkpoint> savedEach(Duration step, Duration until, HistoryPolicy policy) {
        List<Checkpoint> history = List.of();
        for (Duration time = Duration.ZERO; time.compareTo(until) <= 0; time = time.plus(step)) {
            Checkpoint next = savedAt(time);
            Optional<Instant> newest = history.stream().findFirst().map(Checkpoint::savedAt);
            history = policy.isDue(newest, next) ? policy.add(history, next) : history;
        }
        return history;
    }

    @Test
    void aMinuteOfTheLastHourIsFoundAndThenAnHourOfTheLastThreeDays() {
        Duration week = Duration.ofDays(7);
        List<Checkpoint> history = savedEach(Duration.ofSeconds(20), week, standard);

        assertThat(history)
                .hasSizeBetween(130, 136)
                .isSortedAccordingTo((a, b) -> b.savedAt().compareTo(a.savedAt()));
        for (int minutes = 1; minutes <= 60; minutes++) {
            assertDistance(history, week, Duration.ofMinutes(minutes), MINUTE);
        }
        for (int hours = 2; hours <= 72; hours++) {
            assertDistance(history, week, Duration.ofHours(hours), Duration.ofHours(1));
        }
    }

    /** How far back the newest lies that was saved before a time. */
    private static void assertDistance(List<Checkpoint> history, Duration end, Duration ago, Duration most) {
        Instant wanted = BEGIN.plus(end).minus(ago);
        Instant found = history.stream()
                .map(Checkpoint::savedAt)
                .filter(time -> !time.isAfter(wanted))
                .findFirst()
                .orElseThrow();
        assertThat(Duration.between(found, wanted)).as("%s ago", ago).isLessThanOrEqualTo(most);
    }

    @Test
    void oneThatIsKeptStaysAsItGrowsOld() {
        HistoryPolicy policy =
                HistoryPolicy.keep(Duration.ofMinutes(2), MINUTE).then(Duration.ofHours(1), MINUTE.multipliedBy(10));
        List<Checkpoint> early = savedEach(MINUTE, Duration.ofMinutes(20), policy);
        List<Checkpoint> late = savedEach(MINUTE, Duration.ofMinutes(40), policy);

        assertThat(late).contains(early.get(early.size() - 1), savedAt(Duration.ofMinutes(10)));
    }

    @Test
    void isDueOnceInASlot() {
        assertThat(standard.isDue(Optional.empty(), savedAt(MINUTE))).isTrue();
        assertThat(standard.isDue(Optional.of(BEGIN), savedAt(Duration.ofSeconds(59))))
                .isFalse();
        assertThat(standard.isDue(Optional.of(BEGIN), savedAt(MINUTE))).isTrue();
    }

    @Test
    void noneIsNeverDue() {
        assertThat(HistoryPolicy.none().isDue(Optional.empty(), savedAt(MINUTE)))
                .isFalse();
        assertThat(HistoryPolicy.none().add(List.of(), savedAt(MINUTE))).isEmpty();
    }

    @Test
    void refusesWhatIsNotPositive() {
        assertThatThrownBy(() -> HistoryPolicy.keep(Duration.ofHours(1), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "A history is kept for a positive time and at positive distances, not for PT1H every PT0S.");
    }

    @Test
    void refusesAHistoryThatEndsBeforeItsFirstDistance() {
        assertThatThrownBy(() -> HistoryPolicy.keep(Duration.ofSeconds(1), Duration.ofHours(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "A history that is kept for PT1S holds nothing to go back to with one checkpoint every PT1H: keep it for"
                                + " longer, or choose a shorter distance.");
        assertThat(HistoryPolicy.keep(MINUTE, MINUTE)).isNotNull();
        assertThat(HistoryPolicy.keep(MINUTE, MINUTE).then(MINUTE, Duration.ofHours(1)))
                .isNotNull();
    }
}
