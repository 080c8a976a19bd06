package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;
import static io.changewatch.testkit.simulation.World.seconds;

import io.changewatch.HistoryLostDecision.HistoryLost;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.internal.deliver.DocumentKey;
import io.changewatch.observe.WatcherListener;
import io.changewatch.testkit.model.TokenText;
import io.changewatch.testkit.simulation.Plan.Fault;
import java.util.List;

/** The handler and the listener of one life. */
final class Application implements WatcherListener {
    private static final List<HistoryLostPolicy> DECISIONS = List.of(HistoryLostPolicy.values());

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
        handle(List.of(event));
    }

    /** What keeps events in order; its failure is a handler's. */
    DocumentKey key(DocumentEvent<?> event) {
        if (world.happens(Fault.FAILING_HANDLER, 12)) {
            world.history.note(() -> "the key fails");
            throw new IllegalStateException("simulated");
        }
        return DocumentKey.of(event);
    }

    /** A batch. */
    void handle(List<? extends ChangeEvent<?>> events) throws InterruptedException {
        world.scheduler.handOver();
        ledger.begins(events);
        try {
            work();
        } catch (InterruptedException | RuntimeException e) {
            ledger.failed(events);
            throw e;
        }
        events.forEach(event -> ledger.handled(event.resumeToken().value()));
    }

    private void work() throws InterruptedException {
        world.scheduler.handOver();
        if (world.plan.delivery().isByKey() && world.random.nextBoolean()) {
            world.scheduler.sleep(millis(world.random.nextInt(200))); // others go on meanwhile
        }
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
        world.scheduler.handOver();
    }

    @Override
    public void eventSkipped(EventSkipped notice) {
        world.history.note(() -> "skipped");
        ledger.handled(notice.raw().getDocument("_id"));
    }

    @Override
    public void eventUndeliverable(EventUndeliverable notice) {
        world.history.note(() ->
                "told of an undeliverable " + TokenText.read(notice.token().value()));
        ledger.undeliverable(notice.token().value());
    }

    /** What is done about lost history. */
    HistoryLostPolicy decide(HistoryLost lost) {
        HistoryLostPolicy decided = choose();
        world.history.note(() -> "history is lost, decided " + decided);
        ledger.decided(lost, decided);
        return decided;
    }

    private HistoryLostPolicy choose() {
        return switch (world.plan.whenHistoryLost()) {
            case FAIL -> HistoryLostPolicy.FAIL;
            case RESTART_FROM_NOW -> HistoryLostPolicy.RESTART_FROM_NOW;
            case RESTART_FROM_OLDEST -> HistoryLostPolicy.RESTART_FROM_OLDEST;
            case DECIDE -> {
                if (world.random.nextInt(7) == 0) {
                    throw new IllegalStateException("simulated: undecided");
                }
                yield DECISIONS.get(world.random.nextInt(DECISIONS.size()));
            }
        };
    }

    @Override
    public void stateChanged(StateChanged notice) {
        world.history.note(() -> "state " + notice.to());
        state = notice.to();
    }
}
