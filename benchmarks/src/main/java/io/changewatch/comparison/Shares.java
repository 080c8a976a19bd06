package io.changewatch.comparison;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sums by name, and what part of the whole each is. Not thread-safe. */
final class Shares {
    private final Map<String, Long> sums = new HashMap<>();
    private long whole;

    void add(String name, long amount) {
        sums.merge(name, amount, Long::sum);
        whole += amount;
    }

    long whole() {
        return whole;
    }

    /** The largest ones, the largest first, as parts of 1. */
    Map<String, Double> largest(int count) {
        Map<String, Double> parts = new LinkedHashMap<>();
        sums.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(count)
                .forEach(sum -> parts.put(sum.getKey(), (double) sum.getValue() / whole));
        return parts;
    }
}
