package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;
import static io.changewatch.testkit.simulation.World.seconds;

import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.observe.WatcherListener;
import io.changewatch.testkit.simulation.Plan.Fault;

/** The handler and the listener of one life. */
final class Application implements WatcherListener {
    private final World world;
    private final Ledger ledger;
    private WatcherState state = WatcherState.NEW;

    Application(World world, Ledger ledger) {
        this.world = world;
        this.ledger = ledger;
    }

    WatcherState state() {
        return state;
    }

    void handle(ChangeEvent<?> event) throws InterruptedException {
        world.scheduler.handOver();
        ledger.sighted(event);
        world.scheduler.handOver();
        if (world.happens(Fault.SLOW_HANDLER, 3)) {
            world.scheduler.sleep(millis(world.random.nextInt(4_000)));
        }
        if (world.happens(Fault.HANGING_HANDLER, 40)) {
            world.history.note(() -> "the handler hangs");
            world.scheduler.sleep(seconds(600));
        }
        if (world.happens(Fault.FAILING_HANDLER, 5)) {
            world.history.note(() -> "the handler fails");
            throw new IllegalStateException("simulated");
        }
        ledger.handled(event.resumeToken().value());
    }

    @Override
    public void eventSkipped(EventSkipped notice) {
        world.history.note(() -> "skipped");
        ledger.handled(notice.raw().getDocument("_id"));
    }

    @Override
    public void stateChanged(StateChanged notice) {
        world.history.note(() -> "state " + notice.to());
        state = notice.to();
    }
}
