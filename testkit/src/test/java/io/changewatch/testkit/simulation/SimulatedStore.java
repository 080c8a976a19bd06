package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.testkit.simulation.Plan.Fault;
import java.util.Optional;

/** A store that is slow, refuses, or writes and then says that it did not. What it holds outlives a crash. */
final class SimulatedStore implements ResumeTokenStore {
    private final World world;
    private final Ledger ledger;
    private Optional<Checkpoint> durable = Optional.empty();
    private long lastTrouble = -1;

    SimulatedStore(World world, Ledger ledger) {
        this.world = world;
        this.ledger = ledger;
    }

    Optional<Checkpoint> durable() {
        return durable;
    }

    /** When it last was slow or refused; -1 for never. */
    long lastTrouble() {
        return lastTrouble;
    }

    @Override
    public Optional<Checkpoint> load(String watcher) {
        pass(millis(world.random.nextInt(3)));
        if (world.happens(Fault.REFUSED_LOAD, 2)) {
            throw new StoreException("simulated: no load", null);
        }
        ledger.loaded(durable.map(checkpoint -> checkpoint.token().value()));
        return durable;
    }

    /** A crash while it takes its time leaves the old checkpoint or the new one. */
    @Override
    public void save(String watcher, Checkpoint checkpoint) {
        if (world.happens(Fault.REFUSED_SAVE, 2)) {
            pass(delay());
            throw trouble("simulated: refused");
        }
        if (world.happens(Fault.TORN_SAVE, 4)) {
            pass(delay());
            write(checkpoint);
            pass(delay());
            throw trouble("simulated: written, and then broken");
        }
        if (world.happens(Fault.TAKEN_OVER, 40)) {
            throw takenOver(watcher);
        }
        pass(delay());
        write(checkpoint);
        pass(delay());
    }

    /** Another watcher of this name has been here. */
    private StoreException takenOver(String watcher) {
        trouble("simulated: taken over");
        return world.random.nextBoolean()
                ? new StaleCheckpointException("simulated: a newer term of " + watcher, null)
                : new StoreLockedException("simulated: another " + watcher, null);
    }

    private long delay() {
        if (world.happens(Fault.SLOW_STORE, 3)) {
            lastTrouble = world.scheduler.now();
            return millis(world.random.nextInt(8_000));
        }
        return millis(world.random.nextInt(4));
    }

    private StoreException trouble(String message) {
        lastTrouble = world.scheduler.now();
        world.history.note(() -> "store: " + message);
        return new StoreException(message, null);
    }

    private void write(Checkpoint checkpoint) {
        ledger.saved(checkpoint.token().value(), checkpoint.clusterTime());
        durable = Optional.of(checkpoint);
    }

    private void pass(long nanos) {
        try {
            world.scheduler.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw trouble("simulated: interrupted");
        }
    }

    @Override
    public void delete(String watcher) {
        durable = Optional.empty();
    }
}
