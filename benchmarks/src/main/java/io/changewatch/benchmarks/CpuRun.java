package io.changewatch.benchmarks;

import com.mongodb.reactivestreams.client.MongoClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the events of a scenario cost.
 *
 * @param scenario what was measured
 * @param microseconds of CPU for each event, of every measured round, the cheapest first
 * @param good whether each client was sent what it should, in all rounds
 */
record CpuRun(Scenario scenario, List<Double> microseconds, boolean good) {
    static final int MEASURED = 5;
    private static final int WARM_UP = 4;

    static CpuRun of(MongoClient client, Scenario scenario) throws InterruptedException {
        try (MeasuredFeed feed = MeasuredFeed.start(client, scenario)) {
            feed.attach();
            for (int i = 0; i < WARM_UP; i++) {
                feed.round();
            }
            List<Double> rounds = new ArrayList<>();
            for (int i = 0; i < MEASURED; i++) {
                rounds.add(microseconds(feed.round()) / scenario.events());
            }
            return new CpuRun(scenario, rounds.stream().sorted().toList(), feed.end());
        }
    }

    private static double microseconds(Duration time) {
        return time.toNanos() / 1_000.0;
    }

    double least() {
        return microseconds.get(0);
    }

    double median() {
        return microseconds.get(microseconds.size() / 2);
    }

    double most() {
        return microseconds.get(microseconds.size() - 1);
    }

    long messagesPerEvent() {
        return scenario.messages() / scenario.events();
    }
}
