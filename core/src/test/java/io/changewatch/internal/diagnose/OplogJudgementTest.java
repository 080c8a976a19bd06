package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.OPLOG;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.diagnose.Finding;
import io.changewatch.internal.diagnose.OplogJudgement.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

final class OplogJudgementTest {
    private static final List<Duration> THRESHOLDS = List.of(Duration.ofHours(1), Duration.ofMinutes(10));

    private static BsonTimestamp at(String time) {
        return new BsonTimestamp(Math.toIntExact(Instant.parse(time).getEpochSecond()), 1);
    }

    private static Finding judge(String oldest, String newest, boolean growing, Optional<String> position) {
        List<Finding> findings = new OplogJudgement(new Window(at(oldest), at(newest), growing), THRESHOLDS, false)
                .judge(position.map(OplogJudgementTest::at), "the checkpoint");
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }

    private static Finding judge(String position) {
        return judge("2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z", false, Optional.of(position));
    }

    @Test
    void aCheckpointBeforeTheOldestEntryHasLostEvents() {
        assertThat(judge("2026-05-01T06:40:00Z"))
                .isEqualTo(Finding.of(
                        PROBLEM,
                        OPLOG,
                        "The oplog no longer reaches back to the checkpoint of 2026-05-01T06:40:00Z: its oldest entry is of "
                                + "2026-05-01T10:00:00Z, 3 h 20 min later. The events between are lost to this watcher.",
                        "Enlarge the oplog or its minimum retention. To accept the gap, choose "
                                + "whenHistoryLost(HistoryLostPolicy.RESTART_FROM_OLDEST) or RESTART_FROM_NOW."));
    }

    @Test
    void lostEventsAreNoProblemOfAWatcherThatGoesOn() {
        Window window = new Window(at("2026-05-01T10:00:00Z"), at("2026-05-02T10:00:00Z"), false);

        assertThat(new OplogJudgement(window, THRESHOLDS, true)
                        .judge(Optional.of(at("2026-05-01T06:40:00Z")), "the checkpoint"))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(WARNING);
                    assertThat(finding.remedy().orElseThrow())
                            .startsWith("The watcher goes on behind a Gap, as whenHistoryLost says.");
                });
    }

    @Test
    void aPositionBeforeAnOplogThatHasLostNothingIsFine() {
        assertThat(judge("2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z", true, Optional.of("2026-05-01T09:00:00Z")))
                .isEqualTo(Finding.of(
                        OK,
                        OPLOG,
                        "The checkpoint of 2026-05-01T09:00:00Z lies before the oldest entry of the oplog, which has not lost "
                                + "an entry yet."));
    }

    @Test
    void aPositionInTheFutureIsAWarning() {
        assertThat(judge("2026-05-02T20:00:00Z"))
                .isEqualTo(Finding.of(
                        WARNING,
                        OPLOG,
                        "The checkpoint of 2026-05-02T20:00:00Z lies 10 h after the newest entry of the oplog: until then, the "
                                + "watcher hands out nothing.",
                        "Correct the time, if that is not meant."));
    }

    @Test
    void aCheckpointNearTheOldestEntryIsAWarning() {
        assertThat(judge("2026-05-01T10:05:30Z"))
                .isEqualTo(Finding.of(
                        WARNING,
                        OPLOG,
                        "The checkpoint of 2026-05-01T10:05:30Z lies 5 min 30 s behind the oldest entry of the oplog, which spans "
                                + "1 d. That is less than 10 min until the history of a watcher that stands still is lost.",
                        "Start the watcher soon. Enlarge the oplog or its minimum retention: replSetResizeOplog."));
        assertThat(judge("2026-05-01T10:30:00Z").found()).contains("less than 1 h until");
    }

    @Test
    void aCheckpointFarFromTheOldestEntryIsWell() {
        assertThat(judge("2026-05-02T09:00:00Z"))
                .isEqualTo(
                        Finding.of(
                                OK,
                                OPLOG,
                                "The checkpoint of 2026-05-02T09:00:00Z lies 23 h behind the oldest entry of the oplog, which spans 1 d."));
    }

    @Test
    void anOplogThatHasLostNothingIsWellHoweverShort() {
        assertThat(judge("2026-05-01T10:00:00Z", "2026-05-01T10:00:45Z", true, Optional.of("2026-05-01T10:00:02Z")))
                .isEqualTo(Finding.of(
                        OK,
                        OPLOG,
                        "The checkpoint of 2026-05-01T10:00:02Z lies 2 s behind the oldest entry of the oplog, which spans 45 s and "
                                + "has not lost an entry yet."));
        assertThat(judge("2026-05-01T10:00:00Z", "2026-05-01T10:00:45Z", true, Optional.empty()))
                .isEqualTo(Finding.of(
                        OK, OPLOG, "The oplog spans 45 s, since 2026-05-01T10:00:00Z, and has not lost an entry yet."));
    }

    @Test
    void aShortWindowIsAWarningBeforeThereIsACheckpoint() {
        assertThat(judge("2026-05-01T10:00:00Z", "2026-05-01T10:09:59Z", false, Optional.empty()))
                .isEqualTo(Finding.of(
                        WARNING,
                        OPLOG,
                        "The oplog spans 9 min 59 s, since 2026-05-01T10:00:00Z. That is less than 10 min, and a watcher that is "
                                + "away for longer loses its history.",
                        "Enlarge the oplog or its minimum retention: replSetResizeOplog."));
        assertThat(judge("2026-05-01T10:00:00Z", "2026-05-03T14:00:00Z", false, Optional.empty()))
                .isEqualTo(Finding.of(OK, OPLOG, "The oplog spans 2 d 4 h, since 2026-05-01T10:00:00Z."));
    }

    @Test
    void saysWhyItIsNotKnown() {
        Answer status = Streams.reply("{authInfo: {authenticatedUsers: [{user: 'reader', db: 'shop'}]}, ok: 1}");

        assertThat(OplogJudgement.unknown(new Answer.Refusal(13, "error 13 Unauthorized"), status))
                .isEqualTo(Finding.of(
                        NOTE,
                        OPLOG,
                        "How far back the oplog reaches could not be checked, and headroom stays unknown: error 13 Unauthorized. "
                                + "The user reader@shop may not find on {db: \"local\", collection: \"oplog.rs\"}.",
                        "In mongosh, as an administrator: db.getSiblingDB(\"shop\").grantRolesToUser(\"reader\", [{role: "
                                + "\"clusterMonitor\", db: \"admin\"}])"));
        assertThat(OplogJudgement.unknown(
                                new Answer.Refusal(0, "a mongos does not show the oplogs of its shards"), status)
                        .remedy())
                .isEmpty();
    }
}
