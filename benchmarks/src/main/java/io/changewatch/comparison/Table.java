package io.changewatch.comparison;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** A table in Markdown, its first column to the left. Not thread-safe. */
final class Table {
    private final List<String> lines = new ArrayList<>();

    Table(String... heads) {
        row(heads);
        List<String> rule = new ArrayList<>(Collections.nCopies(heads.length, "---:"));
        rule.set(0, "---");
        row(rule.toArray(String[]::new));
    }

    void row(String... cells) {
        lines.add("| " + String.join(" | ", cells) + " |");
    }

    /** With thousands separators, and as many decimals as the size asks for. */
    static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 100 ? "%,.2f" : "%,.0f", value);
    }

    static String range(Range range) {
        return "%s (%s to %s)".formatted(number(range.median()), number(range.least()), number(range.most()));
    }

    @Override
    public String toString() {
        return String.join("\n", lines);
    }
}
