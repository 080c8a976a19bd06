package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.VERSION;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.diagnose.Finding;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VersionJudgementTest {
    private static final Finding NO_SPLIT_ON_5 = Finding.of(
            NOTE,
            VERSION,
            "MongoDB 5.0.31 cannot split an event over 16 MB, which came with 6.0.9 and 7.0: such an event ends the watcher, or "
                    + "is left out with whenUndeliverable(UndeliverablePolicy.SKIP).");

    private static List<Finding> judge(String version, Asked asked) {
        return judge(version, Optional.empty(), asked);
    }

    private static List<Finding> judge(String version, Optional<String> compatibility, Asked asked) {
        return VersionJudgement.judge(Streams.reply("{version: '" + version + "', ok: 1}"), compatibility, asked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.0.14", "8.0.3", "8.2.0-rc1"})
    void aSupportedReleaseHasEverything(String version) {
        assertThat(judge(version, Streams.expanded()))
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(OK));
    }

    @Test
    void version6HasEverythingButTheMaker() {
        assertThat(judge("6.0.27", Streams.plain()))
                .containsExactly(
                        Finding.of(OK, VERSION, "MongoDB 6.0.27 has all that the options ask for."),
                        Finding.of(NOTE, VERSION, "MongoDB ended its support of this release in July 2025."));
    }

    @Test
    void version5LacksWhatCameWith6() {
        assertThat(judge("5.0.31", Streams.plain()))
                .containsExactly(
                        Finding.of(OK, VERSION, "MongoDB 5.0.31 has all that the options ask for."),
                        NO_SPLIT_ON_5,
                        Finding.of(NOTE, VERSION, "Before 6.0, events have no wallTime."),
                        Finding.of(NOTE, VERSION, "MongoDB ended its support of this release in October 2024."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.2.25", "4.4.29", "5.0.31"})
    void imagesCameWith6(String version) {
        assertThat(judge(version, Streams.before(FullDocumentBeforeChange.REQUIRED)))
                .contains(Finding.of(
                        PROBLEM,
                        VERSION,
                        "This is MongoDB " + version
                                + "; pre- and post-images, for fullDocumentBeforeChange(REQUIRED), came with " + "6.0.",
                        "Upgrade the server, or leave the option out."))
                .noneMatch(finding -> finding.severity() == OK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.2.25", "4.4.29", "5.0.31"})
    void expandedEventsCameWith6(String version) {
        assertThat(judge(version, Streams.expanded()))
                .contains(Finding.of(
                        PROBLEM,
                        VERSION,
                        "This is MongoDB " + version + "; showExpandedEvents() came with 6.0.",
                        "Upgrade the server, or leave the option out."));
    }

    @Test
    void startAfterCameWith42() {
        assertThat(judge("4.0.28", Streams.plain()))
                .contains(Finding.of(
                        PROBLEM,
                        VERSION,
                        "This is MongoDB 4.0.28; startAfter, by which a watcher goes on after a failure, came with 4.2.",
                        "Upgrade the server."));
        assertThat(judge("4.2.25", Streams.plain())).noneMatch(finding -> finding.severity() == PROBLEM);
    }

    @ParameterizedTest
    @CsvSource({"6.0.8, false", "6.0.9, true", "6.1.0, false", "6.3.2, false", "7.0.0, true", "4.4.29, false"})
    void knowsWhoSplitsLargeEvents(String version, boolean splits) {
        assertThat(judge(version, Streams.plain()).stream()
                        .noneMatch(finding -> finding.found().contains("cannot split")))
                .isEqualTo(splits);
    }

    @Test
    void ambiguousPathsAreNotToldBefore61() {
        assertThat(judge("6.0.27", Streams.expanded()))
                .contains(Finding.of(
                        NOTE,
                        VERSION,
                        "disambiguatedPaths, which tell a dot in a name from a path, came with 6.1: updates do not carry them "
                                + "here."));
    }

    @Test
    void anUpgradeThatIsNotFinishedKeepsFeaturesOff() {
        assertThat(judge("6.0.27", Optional.of("5.0"), Streams.expanded()))
                .contains(
                        Finding.of(
                                PROBLEM,
                                VERSION,
                                "The feature compatibility version is 5.0 on MongoDB 6.0.27: what came later is switched off, and the "
                                        + "options ask for features of 6.0.",
                                "When the upgrade is final, run in mongosh: db.adminCommand({setFeatureCompatibilityVersion: \"6.0\"})"));
        assertThat(judge("8.0.3", Optional.of("7.0"), Streams.plain()))
                .contains(
                        Finding.of(
                                NOTE,
                                VERSION,
                                "The feature compatibility version is 7.0 on MongoDB 8.0.3: what came later is switched off.",
                                "When the upgrade is final, run in mongosh: db.adminCommand({setFeatureCompatibilityVersion: \"8.0\", confirm: true})"));
        assertThat(judge("8.0.3", Optional.of("8.0"), Streams.plain())).hasSize(1);
    }

    @Test
    void aVersionThatIsNotToldIsNoted() {
        assertThat(VersionJudgement.judge(Streams.unauthorized(), Optional.empty(), Streams.plain()))
                .containsExactly(
                        Finding.of(NOTE, VERSION, "The server does not tell its version (error 13 Unauthorized)."));
        assertThat(judge("unknown", Streams.plain()))
                .containsExactly(Finding.of(NOTE, VERSION, "The server does not tell its version."));
    }
}
