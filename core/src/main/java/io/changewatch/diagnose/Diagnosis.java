package io.changewatch.diagnose;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * What was found by looking at a watcher's options, its server and its checkpoint, before it starts or instead.
 *
 * {@snippet class="io.changewatch.examples.DiagnoseFirst" region="diagnose"}
 *
 * <p>{@link #toString()} is a report for people. Immutable and thread-safe.
 *
 * @param watcher the name of the watcher
 * @param watched what it watches: {@code shop.orders}, {@code shop} or {@code the cluster}
 * @param findings everything that was looked at, the worst first
 */
public record Diagnosis(String watcher, String watched, ServerFacts server, List<Finding> findings) {

    /** Puts the worst first. */
    public Diagnosis {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(watched, "watched");
        Objects.requireNonNull(server, "server");
        findings = findings.stream()
                .sorted(Comparator.comparing(Finding::severity).thenComparing(Finding::check))
                .toList();
    }

    /** Whether there is no {@link Severity#PROBLEM}. What could not be checked is none. */
    public boolean isFit() {
        return worst() != Severity.PROBLEM;
    }

    /** The severity of the worst finding. */
    public Severity worst() {
        return findings.isEmpty() ? Severity.OK : findings.get(0).severity();
    }

    /** The findings of one severity. */
    public List<Finding> findings(Severity severity) {
        return findings.stream()
                .filter(finding -> finding.severity() == severity)
                .toList();
    }

    /** The findings about one thing. */
    public List<Finding> findings(Check check) {
        return findings.stream().filter(finding -> finding.check() == check).toList();
    }

    /** The report: lines of at most 100 characters, where words allow it. */
    @Override
    public String toString() {
        return new Report(this).text();
    }
}
