package io.changewatch.testkit.simulation;

import io.changewatch.testkit.model.ReplicaSetModel;
import io.changewatch.testkit.simulation.Plan.Fault;
import java.util.SplittableRandom;

/** What all parts of one simulation share. */
final class World {
    final Plan plan;
    final Scheduler scheduler;
    final SplittableRandom random;
    final History history;
    final ReplicaSetModel servers;

    private boolean calm;
    private long serversDownUntil;

    World(Plan plan, Scheduler scheduler, History history, ReplicaSetModel servers) {
        this.plan = plan;
        this.scheduler = scheduler;
        this.random = scheduler.random();
        this.history = history;
        this.servers = servers;
    }

    /** Whether {@code fault} happens now, as it does once in {@code oneIn} times while there are faults. */
    boolean happens(Fault fault, int oneIn) {
        return !calm && plan.has(fault) && random.nextInt(oneIn) == 0;
    }

    /** No more faults, so that all must end well. */
    void calm() {
        calm = true;
        serversDownUntil = 0;
        servers.regainMajority();
        history.note(() -> "calm");
    }

    boolean isCalm() {
        return calm;
    }

    void serversAreDownFor(long nanos) {
        serversDownUntil = scheduler.now() + nanos;
    }

    boolean areServersDown() {
        return scheduler.now() < serversDownUntil;
    }

    int seconds() {
        return Simulation.FIRST_SECOND + (int) (scheduler.now() / 1_000_000_000L);
    }

    static long millis(long number) {
        return number * 1_000_000L;
    }

    static long seconds(long number) {
        return number * 1_000_000_000L;
    }
}
