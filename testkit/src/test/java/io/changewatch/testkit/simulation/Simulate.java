package io.changewatch.testkit.simulation;

/** Prints the history of seeds: {@code scripts/simulate SEED...}. */
final class Simulate {
    private Simulate() {}

    public static void main(String[] seeds) {
        Carriers carriers = new Carriers();
        for (String seed : seeds) {
            Seeds.history(Long.parseLong(seed), Mutation.NONE, carriers).forEach(System.out::println);
        }
        System.exit(0);
    }
}
