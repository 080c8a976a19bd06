package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;

import io.changewatch.ChangeWatcher;
import java.time.Duration;

/** Somebody who pauses the watcher now and then, and lets it go on. */
final class Helmsman {
    private final World world;
    private final Ledger ledger;
    private final Application application;
    private final ChangeWatcher watcher;
    private final Mutation mutation;

    Helmsman(World world, Ledger ledger, Application application, ChangeWatcher watcher, Mutation mutation) {
        this.world = world;
        this.ledger = ledger;
        this.application = application;
        this.watcher = watcher;
        this.mutation = mutation;
    }

    void begin() {
        world.scheduler.start("helmsman", this::steer);
    }

    private void steer() {
        try {
            for (int times = 1 + world.random.nextInt(4); times > 0; times--) {
                world.scheduler.sleep(millis(world.random.nextInt(world.random.nextBoolean() ? 500 : 15_000)));
                pause();
            }
        } catch (InterruptedException e) {
            world.scheduler.fail(new AssertionError("Nobody interrupts who steers.", e));
        }
    }

    private void pause() throws InterruptedException {
        world.history.note(() -> "pause");
        watcher.pause();
        if (watcher.awaitPaused(Duration.ofMillis(world.random.nextInt(5_000)))) {
            ledger.paused();
            mutation.paused(watcher);
            world.scheduler.sleep(millis(world.random.nextInt(10_000)));
        }
        ledger.goesOn();
        world.history.note(() -> "resume after a pause, " + application.state());
        watcher.resume();
    }
}
