package io.changewatch.comparison;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Horizontal bars from 0 to a median, each with a line from the least to the most, as SVG. Not thread-safe. */
final class BarChart {
    private static final int LABELS = 230;
    private static final int BARS = 520;
    private static final int NUMBERS = 90;
    private static final int STEP = 30;
    private static final int BAR = 18;
    private static final int HEAD = 40;

    private final String title;
    private final List<Bar> bars = new ArrayList<>();

    private record Bar(String label, Range range) {}

    BarChart(String title) {
        this.title = title;
    }

    void bar(String label, Range range) {
        bars.add(new Bar(label, range));
    }

    String svg() {
        double most = bars.stream().mapToDouble(bar -> bar.range().most()).max().orElse(1);
        StringBuilder svg = new StringBuilder(head());
        for (int i = 0; i < bars.size(); i++) {
            svg.append(svg(bars.get(i), HEAD + i * STEP, BARS / most));
        }
        return svg.append("</svg>\n").toString();
    }

    private String head() {
        int width = LABELS + BARS + NUMBERS;
        int height = HEAD + bars.size() * STEP + 10;
        return """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" font-family="sans-serif" font-size="13">
                <rect width="%1$d" height="%2$d" fill="white"/>
                <text x="10" y="22" font-size="15">%3$s</text>
                """.formatted(width, height, title);
    }

    private static String svg(Bar bar, int top, double scale) {
        double end = LABELS + bar.range().median() * scale;
        double least = LABELS + bar.range().least() * scale;
        double most = LABELS + bar.range().most() * scale;
        int middle = top + BAR / 2;
        return String.format(
                Locale.ROOT,
                """
                <text x="%1$d" y="%2$d" text-anchor="end">%3$s</text>
                <rect x="%4$d" y="%5$d" width="%6$.1f" height="%7$d" fill="%8$s"/>
                <line x1="%9$.1f" y1="%10$d" x2="%11$.1f" y2="%10$d" stroke="black"/>
                <text x="%12$.1f" y="%2$d">%13$s</text>
                """,
                LABELS - 8,
                middle + 5,
                bar.label(),
                LABELS,
                top,
                end - LABELS,
                BAR,
                bar.label().startsWith("changewatch") ? "#2a7f62" : "#9aa5b1",
                least,
                middle,
                most,
                most + 6,
                Table.number(bar.range().median()));
    }
}
