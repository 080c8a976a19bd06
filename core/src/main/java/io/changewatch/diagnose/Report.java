package io.changewatch.diagnose;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes a diagnosis in columns: severity, check, and what was found with its remedy. Immutable and thread-safe. */
record Report(Diagnosis diagnosis) {
    private static final int WIDTH = 100;
    private static final int SEVERITY = 9;
    private static final int CHECK = 12;
    private static final String REMEDY = "Remedy: ";

    String text() {
        String head = "Diagnosis of watcher '" + diagnosis.watcher() + "' on " + diagnosis.watched() + ": " + summary();
        String server = "Server: " + diagnosis.server();
        return head + ".\n" + String.join("\n", wrapped(server, 2)) + "\n\n"
                + diagnosis.findings().stream().map(Report::row).collect(Collectors.joining("\n"));
    }

    private String summary() {
        String counted = Arrays.stream(Severity.values())
                .filter(severity -> severity != Severity.OK)
                .filter(severity -> !diagnosis.findings(severity).isEmpty())
                .map(severity -> counted(diagnosis.findings(severity).size(), severity))
                .collect(Collectors.joining(", "));
        return counted.isEmpty() ? "all is well" : counted;
    }

    private static String counted(int count, Severity severity) {
        String noun = severity.name().toLowerCase(Locale.ROOT);
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    private static String row(Finding finding) {
        String head = padded(finding.severity().name(), SEVERITY)
                + padded(finding.check().name().toLowerCase(Locale.ROOT), CHECK);
        String margin = " ".repeat(SEVERITY + CHECK);
        List<String> found = wrapped(finding.found(), 0);
        List<String> remedy = finding.remedy()
                .map(text -> wrapped(REMEDY + text, REMEDY.length()))
                .orElse(List.of());
        return head
                + String.join("\n" + margin, found)
                + remedy.stream().map(line -> "\n" + margin + line).collect(Collectors.joining());
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }

    /** Lines that fit beside the first columns; those after the first are indented. */
    private static List<String> wrapped(String text, int indent) {
        int width = WIDTH - SEVERITY - CHECK;
        StringBuilder lines = new StringBuilder();
        int used = 0;
        for (String word : text.split(" ", -1)) {
            if (used > 0 && used + 1 + word.length() > width) {
                lines.append('\n').append(" ".repeat(indent));
                used = indent;
            } else if (used > 0) {
                lines.append(' ');
                used++;
            }
            lines.append(word);
            used += word.length();
        }
        return lines.toString().lines().toList();
    }
}
