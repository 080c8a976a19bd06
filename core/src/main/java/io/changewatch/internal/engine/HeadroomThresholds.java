package io.changewatch.internal.engine;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which thresholds are crossed, each told once. A value that swings around a threshold must not be told of with every
 * swing: one counts again only after the value was a fifth above it.
 *
 * <p>Called on one thread only.
 */
final class HeadroomThresholds {
    private final List<Duration> thresholds;
    private final Set<Duration> crossed = new HashSet<>();

    HeadroomThresholds(List<Duration> thresholds) {
        this.thresholds = thresholds;
    }

    /** The lowest of the thresholds that are crossed with this value and were not before. */
    Optional<Duration> newlyCrossed(Duration remaining) {
        crossed.removeIf(threshold -> remaining.compareTo(threshold.plus(threshold.dividedBy(5))) > 0);
        return thresholds.stream()
                .filter(threshold -> remaining.compareTo(threshold) < 0)
                .filter(crossed::add)
                .sorted()
                .reduce((lower, higher) -> lower);
    }
}
