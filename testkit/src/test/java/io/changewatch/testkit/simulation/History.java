package io.changewatch.testkit.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What happened in a simulation, line by line; kept only where somebody wants to read it. */
final class History {
    private final boolean kept;
    private final List<String> lines = new ArrayList<>();
    private LongSupplier clock = () -> 0;

    private History(boolean kept) {
        this.kept = kept;
    }

    static History kept() {
        return new History(true);
    }

    static History forgotten() {
        return new History(false);
    }

    void clock(LongSupplier nanos) {
        clock = nanos;
    }

    void note(Supplier<String> line) {
        if (kept) {
            lines.add(String.format("%12.6f  %s", clock.getAsLong() / 1e9, line.get()));
        }
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}
