package io.changewatch.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What many {@link LeasedProgram}s handled, by the terms of their lease. Used by the test's thread. */
final class Turns {
    private final Map<Long, List<Integer>> handledByTerm = new TreeMap<>();

    /** Reads what each of them has printed; no two may have had one term. */
    static Turns of(Collection<List<String>> outputs) {
        Turns turns = new Turns();
        outputs.forEach(turns::add);
        return turns;
    }

    private void add(List<String> lines) {
        List<Integer> current = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.split(" ", -1);
            if (line.startsWith("acquired ")) {
                current = new ArrayList<>();
                List<Integer> before = handledByTerm.put(Long.valueOf(words[1]), current);
                assertThat(before).as("term %s has two holders", words[1]).isNull();
            } else if (line.startsWith("handled ")) {
                current.add(Integer.valueOf(words[1]));
            }
        }
    }

    Set<Long> terms() {
        return handledByTerm.keySet();
    }

    Set<Integer> handled() {
        Set<Integer> all = new TreeSet<>();
        handledByTerm.values().forEach(all::addAll);
        return all;
    }

    /** Each begins somewhere, and hands out everything from there in order. */
    void assertWithoutGaps() {
        handledByTerm.forEach((term, numbers) -> {
            for (int i = 1; i < numbers.size(); i++) {
                assertThat(numbers.get(i)).as("in term %d, at %d", term, i).isEqualTo(numbers.get(i - 1) + 1);
            }
        });
    }
}
