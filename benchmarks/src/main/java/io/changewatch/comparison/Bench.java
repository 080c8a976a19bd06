package io.changewatch.comparison;

import java.util.Arrays;
import java.util.List;

/** Measures a watcher beside what else reads a change stream. Starts a server of its own for each command. */
public final class Bench {
    private static final int ROUNDS = 5;
    private static final int ROUNDS_OF_CHECKPOINTS = 11;

    private Bench() {}

    /** Arguments: the command and its own arguments, see {@code scripts/bench}. */
    public static void main(String[] given) throws Exception {
        try {
            run(Arrays.asList(given));
        } catch (UsageException wrong) {
            Console.progress(
                    "%s The beginning of scripts/bench says what there is.", String.valueOf(wrong.getMessage()));
            System.exit(2);
        }
    }

    private static void run(List<String> all) throws Exception {
        String command = all.isEmpty() ? "throughput" : all.get(0);
        Arguments arguments = Arguments.of(all.subList(Math.min(1, all.size()), all.size()));
        switch (command) {
            case "throughput" -> Throughput.ofAll().run(arguments, ROUNDS);
            case "checkpoints" -> Throughput.ofCheckpoints().run(arguments, ROUNDS_OF_CHECKPOINTS);
            case "latency" -> Latency.run(arguments);
            case "sizes" -> Sizes.run(arguments);
            case "resume" -> Resume.run(arguments);
            case "watchers" -> Watchers.run(arguments);
            case "concurrency" -> Concurrency.run(arguments);
            case "partitions" -> Partitions.run(arguments);
            case "profile" -> Profile.run(arguments);
            default -> throw new UsageException("There is no command " + command + ".");
        }
    }
}
