package io.changewatch.examples.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares what was written with what was handled, order by order.
 *
 * @param handled how many different writes were handled
 * @param repeated how many events came again
 * @param lost how many writes were never handled
 * @param disordered how many events came before an earlier write to the same order, or were never written
 */
record Account(int written, int handled, int repeated, int lost, int disordered) {

    static Account of(List<Change> written, List<Change> journal) {
        Map<Long, List<Change>> expected = new HashMap<>();
        written.forEach(change -> expected.computeIfAbsent(change.order(), order -> new ArrayList<>())
                .add(change));
        Map<Long, Integer> seen = new HashMap<>();
        int repeated = 0;
        int disordered = 0;
        for (Change change : journal) {
            List<Change> writes = expected.getOrDefault(change.order(), List.of());
            int next = seen.getOrDefault(change.order(), 0);
            if (next < writes.size() && writes.get(next).equals(change)) {
                seen.put(change.order(), next + 1);
            } else if (writes.subList(0, next).contains(change)) {
                repeated++;
            } else {
                disordered++;
            }
        }
        int handled = seen.values().stream().mapToInt(Integer::intValue).sum();
        return new Account(written.size(), handled, repeated, written.size() - handled, disordered);
    }

    boolean isComplete() {
        return lost == 0;
    }

    boolean isGood() {
        return lost == 0 && disordered == 0;
    }
}
