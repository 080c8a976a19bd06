package io.changewatch.comparison;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The arguments of a command: numbers by their place, and {@code --name value} anywhere.
 *
 * @param numbers in their order
 * @param options by their names
 */
record Arguments(List<Integer> numbers, Map<String, String> options) {
    private static final String MARK = "--";
    private static final List<String> OPTIONS = List.of("batch-size", "watcher-batch-size", "warm-up", "only", "just");

    static Arguments of(List<String> given) {
        List<Integer> numbers = new ArrayList<>();
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < given.size(); i++) {
            if (!given.get(i).startsWith(MARK)) {
                numbers.add(number(given.get(i)));
            } else if (!OPTIONS.contains(given.get(i).substring(MARK.length()))) {
                throw new UsageException(
                        "There is no option " + given.get(i) + ": take one of --" + String.join(", --", OPTIONS) + ".");
            } else if (i + 1 < given.size()) {
                options.put(given.get(i).substring(MARK.length()), given.get(++i));
            } else {
                throw new UsageException(given.get(i) + " lacks its value.");
            }
        }
        return new Arguments(numbers, options);
    }

    private static int number(String text) {
        int number = whole(text);
        if (number < 1) {
            throw new UsageException("Numbers must be at least 1, but one is " + number + ".");
        }
        return number;
    }

    private static int whole(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new UsageException("A number is needed where '" + text + "' is.");
        }
    }

    int number(int place, int otherwise) {
        return numbers.size() > place ? numbers.get(place) : otherwise;
    }

    /** {@code --batch-size}, of the drivers' streams. */
    int batchSize() {
        return whole(options.getOrDefault("batch-size", "1000"));
    }

    /** {@code --watcher-batch-size}; 0 for its default. */
    int watcherBatchSize() {
        return whole(options.getOrDefault("watcher-batch-size", "0"));
    }

    /** {@code --warm-up}, in seconds. */
    int warmUpSeconds() {
        return whole(options.getOrDefault("warm-up", "20"));
    }

    /** {@code --only} with one name. */
    Optional<Contestant> only() {
        return Optional.ofNullable(options.get("only")).map(Contestant::named);
    }

    /** {@code --just} or {@code --only}: names of contestants, separated by commas. With {@code --only} the first of all stays the base. */
    List<Contestant> only(List<Contestant> all) {
        if (options.containsKey("just")) {
            return chosen("just");
        }
        if (!options.containsKey("only")) {
            return all;
        }
        List<Contestant> chosen = chosen("only");
        if (!all.containsAll(chosen)) {
            throw new UsageException("Some of " + chosen + " do not take part: take some of " + all + ".");
        }
        return all.stream()
                .filter(contestant -> contestant == all.get(0) || chosen.contains(contestant))
                .toList();
    }

    private List<Contestant> chosen(String option) {
        return Stream.of(options.getOrDefault(option, "").split(","))
                .map(Contestant::named)
                .toList();
    }
}
