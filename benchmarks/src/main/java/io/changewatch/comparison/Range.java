package io.changewatch.comparison;

import java.util.Collection;
import java.util.List;

/**
 * The least, the middle and the most of some figures.
 *
 * @param least of them
 * @param median the mean of the two in the middle where their number is even
 * @param most of them
 */
record Range(double least, double median, double most) {

    static Range of(Collection<Double> figures) {
        List<Double> sorted = figures.stream().sorted().toList();
        int count = sorted.size();
        double median = (sorted.get((count - 1) / 2) + sorted.get(count / 2)) / 2;
        return new Range(sorted.get(0), median, sorted.get(count - 1));
    }
}
