package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.VERSION;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;

import io.changewatch.diagnose.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a version of MongoDB has of what the options ask for. Versions as in the manual: "New in version" of
 * {@code $changeStream}, "Change Events" and {@code $changeStreamSplitLargeEvent}.
 *
 * <p>Stateless and thread-safe.
 */
public final class VersionJudgement {
    private static final String UPGRADE_OR_LEAVE_OUT = "Upgrade the server, or leave the option out.";

    private final Version version;
    private final Optional<Version> compatibility;
    private final Asked asked;
    private final List<Finding> findings = new ArrayList<>();

    private VersionJudgement(Version version, Optional<Version> compatibility, Asked asked) {
        this.version = version;
        this.compatibility = compatibility;
        this.asked = asked;
    }

    /**
     * Findings about the version in {@code buildInfo}.
     *
     * @param compatibility the feature compatibility version; empty where it cannot be read
     */
    public static List<Finding> judge(Answer buildInfo, Optional<String> compatibility, Asked asked) {
        Optional<Version> version = buildInfo.reply().flatMap(Version::of);
        return version.isEmpty()
                ? List.of(Finding.of(NOTE, VERSION, "The server does not tell its version" + because(buildInfo) + "."))
                : new VersionJudgement(version.get(), compatibility.flatMap(Version::of), asked).findings();
    }

    private static String because(Answer buildInfo) {
        return buildInfo.refusal().map(refusal -> " (" + refusal.reason() + ")").orElse("");
    }

    private List<Finding> findings() {
        options();
        compatibility();
        differences();
        supportEnded().ifPresent(this::note);
        if (findings.stream().noneMatch(finding -> finding.severity() == PROBLEM)) {
            findings.add(0, Finding.of(OK, VERSION, "MongoDB " + version + " has all that the options ask for."));
        }
        return findings;
    }

    private void options() {
        if (version.isBefore(4, 2)) {
            lacks("startAfter, by which a watcher goes on after a failure, came with 4.2", "Upgrade the server.");
        }
        if (asked.expandedEvents() && version.isBefore(6, 0)) {
            lacks("showExpandedEvents() came with 6.0", UPGRADE_OR_LEAVE_OUT);
        }
        if (asked.wantsImages() && version.isBefore(6, 0)) {
            lacks("pre- and post-images, for " + asked.imageOptions() + ", came with 6.0", UPGRADE_OR_LEAVE_OUT);
        }
    }

    private void lacks(String feature, String remedy) {
        findings.add(Finding.of(PROBLEM, VERSION, "This is MongoDB " + version + "; " + feature + ".", remedy));
    }

    private void compatibility() {
        if (compatibility.filter(this::isOlderRelease).isEmpty()) {
            return;
        }
        boolean isNeeded = (asked.wantsImages() || asked.expandedEvents())
                && compatibility.get().isBefore(6, 0);
        String found =
                "The feature compatibility version is " + compatibility.get().major() + "."
                        + compatibility.get().minor() + " on MongoDB " + version + ": what came later is switched off";
        findings.add(Finding.of(
                isNeeded ? PROBLEM : NOTE,
                VERSION,
                found + (isNeeded ? ", and the options ask for features of 6.0." : "."),
                "When the upgrade is final, run in mongosh: db.adminCommand({setFeatureCompatibilityVersion: \""
                        + version.major() + "." + version.minor() + "\""
                        + (version.major() >= 7 ? ", confirm: true" : "") + "})"));
    }

    private boolean isOlderRelease(Version other) {
        return other.isBefore(version.major(), version.minor());
    }

    private void differences() {
        if (!version.splitsLargeEvents()) {
            note("MongoDB " + version
                    + " cannot split an event over 16 MB, which came with 6.0.9 and 7.0: such an event "
                    + "ends the watcher, or is left out with whenUndeliverable(UndeliverablePolicy.SKIP).");
        }
        if (version.isBefore(6, 0)) {
            note("Before 6.0, events have no wallTime.");
        }
        if (asked.expandedEvents() && !version.isBefore(6, 0) && version.isBefore(6, 1)) {
            note(
                    "disambiguatedPaths, which tell a dot in a name from a path, came with 6.1: updates do not carry them here.");
        }
    }

    /** By MongoDB's "Software Lifecycle Schedules". */
    private Optional<String> supportEnded() {
        String month = version.isBefore(4, 4)
                ? "2023 or before"
                : version.isBefore(5, 0)
                        ? "February 2024"
                        : version.isBefore(6, 0) ? "October 2024" : version.isBefore(6, 1) ? "July 2025" : "";
        return month.isEmpty()
                ? Optional.empty()
                : Optional.of("MongoDB ended its support of this release in " + month + ".");
    }

    private void note(String found) {
        findings.add(Finding.of(NOTE, VERSION, found));
    }
}
