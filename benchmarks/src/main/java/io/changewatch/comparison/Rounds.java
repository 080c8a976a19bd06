package io.changewatch.comparison;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bson.Document;

/**
 * Runs of contestants in rounds. In each round they come in another order, and the base comes before every third of the others,
 * so that each is compared with a run of the base that was not long ago, whatever else the machine does meanwhile.
 *
 * <p>Not thread-safe.
 */
final class Rounds {
    /** Measures in a process of its own. */
    interface Launcher {
        Document measure(Contestant contestant) throws Exception;
    }

    /** The figure to tell. */
    interface Progress {
        String of(Run run);
    }

    private static final int OTHERS_PER_BASE = 3;

    private final Contestant base;
    private final List<Contestant> others;
    private final List<Run> runs = new ArrayList<>();

    /** The first one is the base. */
    Rounds(List<Contestant> contestants) {
        this.base = contestants.get(0);
        this.others = contestants.subList(1, contestants.size());
    }

    /** Runs all, and tells each figure as it comes. */
    void run(int rounds, Launcher launcher, Progress progress) throws Exception {
        for (int round = 1; round <= rounds; round++) {
            for (Contestant contestant : order(round)) {
                Instant launched = Instant.now();
                Run run = new Run(contestant, round, launched, launcher.measure(contestant));
                runs.add(run);
                Console.progress("round %d: %-27s %s", round, contestant, progress.of(run));
            }
        }
    }

    private List<Contestant> order(int round) {
        List<Contestant> rotated = new ArrayList<>(others);
        Collections.rotate(rotated, 1 - round);
        List<Contestant> order = new ArrayList<>();
        for (int i = 0; i < rotated.size(); i++) {
            if (i % OTHERS_PER_BASE == 0) {
                order.add(base);
            }
            order.add(rotated.get(i));
        }
        return order.isEmpty() ? List.of(base) : order;
    }

    Contestant base() {
        return base;
    }

    List<Contestant> contestants() {
        List<Contestant> all = new ArrayList<>(List.of(base));
        all.addAll(others);
        return all;
    }

    List<Run> runs() {
        return List.copyOf(runs);
    }

    Range of(Contestant contestant, ToDoubleFunction<Run> figure) {
        return Range.of(runsOf(contestant).stream().map(figure::applyAsDouble).toList());
    }

    /** Of each run to the run of the base that was launched nearest in time. */
    Range ratios(Contestant contestant, ToDoubleFunction<Run> figure) {
        return Range.of(runsOf(contestant).stream()
                .map(run -> figure.applyAsDouble(run) / figure.applyAsDouble(nearestBase(run)))
                .toList());
    }

    /** How many passes were measured in all rounds. */
    int passes(Contestant contestant) {
        return runsOf(contestant).stream().mapToInt(Run::passes).sum();
    }

    private List<Run> runsOf(Contestant contestant) {
        return runs.stream().filter(run -> run.contestant() == contestant).toList();
    }

    private Run nearestBase(Run run) {
        return Collections.min(
                runsOf(base),
                Comparator.comparing(candidate ->
                        Duration.between(run.launched(), candidate.launched()).abs()));
    }
}
