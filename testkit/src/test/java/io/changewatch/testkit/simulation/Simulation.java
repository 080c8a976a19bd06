package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;
import static io.changewatch.testkit.simulation.World.seconds;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.ChangeWatchException;
import io.changewatch.HistoryLostException;
import io.changewatch.StartPosition;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.WatcherState;
import io.changewatch.internal.checkpoint.CheckpointSettings;
import io.changewatch.internal.decode.EventDecoder;
import io.changewatch.internal.decode.EventDecoders;
import io.changewatch.internal.decode.FragmentAssembler;
import io.changewatch.internal.engine.Fingerprints;
import io.changewatch.internal.engine.WatcherEngine;
import io.changewatch.internal.engine.WatcherSettings;
import io.changewatch.internal.engine.WatcherSettings.Recovery;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.StoreException;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.model.ReplicaSetModel;
import io.changewatch.testkit.simulation.Delivery.Kind;
import io.changewatch.testkit.simulation.Ledger.Ending;
import io.changewatch.testkit.simulation.Plan.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bson.BsonDocument;

/** One seed: lives of one watcher, one after the other, until all that was written is handled. */
final class Simulation {
    static final int FIRST_SECOND = 1_800_000_000;
    private static final String NAME = "orders";
    private static final String WATCHER = "changewatch-" + NAME;
    private static final EventDecoder<BsonDocument> DECODER = EventDecoders.of(BsonDocument.class, null);
    private static final int MOST_LIVES = 100;
    private static final long PATIENCE = seconds(3_600);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);
    private static final long MOST_GRACE = millis(1_200);

    private final World world;
    private final Mutation mutation;
    private final Ledger ledger;
    private final SimulatedStore store;
    private final Scheduler scheduler;
    private final Writer writer;
    private int lives;
    private boolean abandoned;

    Simulation(long seed, Mutation mutation, History history, Carriers carriers) {
        SplittableRandom random = new SplittableRandom(seed);
        Plan plan = Plan.of(random);
        this.scheduler = new Scheduler(random, history, carriers);
        history.clock(scheduler::now);
        this.mutation = mutation;
        this.world = new World(plan, scheduler, history, new ReplicaSetModel(FIRST_SECOND, change -> Optional.empty()));
        this.ledger = new Ledger(world);
        this.store = new SimulatedStore(world, ledger);
        this.writer = new Writer(world);
        scheduler.standstill(this::isDeadlock);
        history.note(() -> "seed " + seed + ": " + plan);
    }

    /** Nobody goes on who handles events, and the watcher does not who hands them out. */
    private boolean isDeadlock() {
        boolean isDelivering = ledger.isDelivering();
        return world.plan.delivery().kind() != Kind.ONE_BY_ONE
                && (isDelivering || ledger.isAnyUndone())
                && scheduler.waitForEver(
                        name -> name.contains(PlannedDeliverers.WORKER) || (isDelivering && name.equals(WATCHER)));
    }

    /** How many seams were passed. */
    int steps() {
        return scheduler.steps();
    }

    int lives() {
        return lives;
    }

    /**
     * Runs to the end.
     *
     * @throws AssertionError if a promise was broken
     */
    void run() {
        try {
            writer.begin();
            Ending ending = Ending.NONE;
            for (boolean finished = false;
                    !finished;
                    finished = ledger.isCaughtUp() && writer.isDone() && ending != Ending.CRASH) {
                if (++lives > MOST_LIVES) {
                    scheduler.fail("it does not come to an end within " + MOST_LIVES + " lives");
                }
                ending = live(ending);
            }
            ledger.checkEverything();
        } finally {
            scheduler.bury();
        }
    }

    private Ending live(Ending before) {
        if (before != Ending.NONE && world.happens(Fault.DOWNTIME, 2)) {
            stayDown();
        }
        int number = lives;
        world.history.note(() -> "life " + number + " begins");
        abandoned = world.plan.has(Fault.SLOW_HANDLER) || world.plan.has(Fault.HANGING_HANDLER);
        ledger.lifeBegins(before);
        Application application = new Application(world, ledger);
        WatcherEngine<BsonDocument> watcher = watcher(application);
        try {
            if (world.happens(Fault.CRASH, 2)) {
                scheduler.crashIn(1 + world.random.nextInt(world.random.nextBoolean() ? 100 : 1_000));
            }
            if (world.plan.isSteered()) {
                new Helmsman(world, ledger, application, watcher, mutation).begin();
            }
            boolean asked = run(watcher, application);
            return ended(watcher, application, asked);
        } catch (Crash crash) {
            scheduler.throwIfBroken();
            scheduler.bury();
            ledger.deliveryEnds();
            return Ending.CRASH;
        } catch (InterruptedException e) {
            throw new AssertionError("Nobody interrupts the operator.", e);
        }
    }

    /** Others write, and the oplog rolls over, while nobody watches. */
    private void stayDown() {
        scheduler.crashIn(-1);
        try {
            scheduler.sleep(millis(world.random.nextInt(90_000)));
        } catch (InterruptedException e) {
            throw new AssertionError("Nobody interrupts the operator.", e);
        }
    }

    /** Returns whether it was asked to stop. */
    private boolean run(WatcherEngine<BsonDocument> watcher, Application application) throws InterruptedException {
        try {
            watcher.start();
        } catch (ChangeWatchException e) {
            return false;
        }
        boolean last = lives >= world.plan.lives();
        long until = scheduler.now() + (last ? PATIENCE : millis(world.random.nextInt(60_000)));
        scheduler.await(
                () -> application.state().isTerminal() || (last && world.isCalm() && ledger.isCaughtUp()), until);
        if (application.state().isTerminal()) {
            return false;
        }
        if (last && !ledger.isCaughtUp()) {
            scheduler.fail("not caught up in time, the watcher is " + application.state());
        }
        if (world.happens(Fault.CRASH, 2)) {
            scheduler.crash();
        }
        close(watcher);
        return true;
    }

    /** At any moment, whatever hangs: by the deadline, two graces for a handler and a store that do not return, and some scheduling. */
    private void close(WatcherEngine<BsonDocument> watcher) {
        Duration deadline = world.random.nextBoolean() ? CLOSE_WITHIN : Duration.ofMillis(world.random.nextInt(3_000));
        long begun = scheduler.now();
        boolean ended = watcher.close(deadline);
        long took = scheduler.now() - begun;
        abandoned = took >= deadline.toNanos();
        if (took > deadline.toNanos() + MOST_GRACE) {
            scheduler.fail("close(" + deadline + ") took " + Duration.ofNanos(took));
        }
        if (ended != watcher.state().isTerminal()) {
            scheduler.fail("close() said " + ended + ", the watcher is " + watcher.state());
        }
    }

    private Ending ended(WatcherEngine<BsonDocument> watcher, Application application, boolean asked)
            throws InterruptedException {
        if (!scheduler.await(
                () -> application.state().isTerminal() && scheduler.isAlone(), scheduler.now() + PATIENCE)) {
            scheduler.fail("its threads have not ended, the watcher is " + application.state());
        }
        if (!abandoned) {
            ledger.endedInPeace();
        }
        if (application.state() == WatcherState.FAILED) {
            Throwable failure = watcher.failure().orElseThrow();
            ledger.failedWith(failure);
            if (failure instanceof HistoryLostException) {
                world.history.note(() -> "the operator deletes the checkpoint");
                store.delete(NAME);
                ledger.checkpointDeleted();
            }
            if (failure instanceof StoreException) {
                return Ending.UNCLEAN;
            }
        } else {
            ledger.stopped(asked);
        }
        boolean troubled = store.lastTrouble() >= 0 && store.lastTrouble() > scheduler.now() - seconds(60);
        return troubled ? Ending.UNCLEAN : Ending.CLEAN;
    }

    private WatcherEngine<BsonDocument> watcher(Application application) {
        WatcherSettings<BsonDocument> settings = settings(application);
        SimulatedSurroundings surroundings = new SimulatedSurroundings(scheduler);
        return new WatcherEngine<>(
                settings,
                mutation.source(new SimulatedServer(world, ledger)),
                mutation.deliverer(
                        new PlannedDeliverers(world.plan.delivery(), application, ledger, mutation, surroundings)),
                surroundings);
    }

    private WatcherSettings<BsonDocument> settings(Application application) {
        Plan plan = world.plan;
        SourceSettings source = source(plan);
        RetryPolicy retryStore = RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5))
                .jitter(0.5);
        return new WatcherSettings<>(
                NAME,
                source,
                new CheckpointSettings(
                        NAME,
                        Optional.of(mutation.store(store)),
                        plan.saving().policy(),
                        retryStore,
                        plan.maxUnsaved(),
                        fingerprint(source)),
                DECODER,
                PlannedDeliverers.handlers(application),
                new Recovery(
                        StartPosition.now(),
                        RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(10))
                                .jitter(0.5),
                        application::decide,
                        plan.whenInvalidated(),
                        plan.whenHandlerFails().policy(),
                        ledger.skipsUndeliverable() ? UndeliverablePolicy.SKIP : UndeliverablePolicy.FAIL,
                        FragmentAssembler.DEFAULT_MAX_BYTES),
                List.of(application),
                CLOSE_WITHIN,
                Duration.ZERO);
    }

    /** A pipeline that was written anew has another fingerprint, though it lets the same through: resumed by cluster time. */
    private Fingerprint fingerprint(SourceSettings source) {
        Fingerprint same = Fingerprints.of(source);
        return world.happens(Fault.OTHER_PIPELINE, 2) ? new Fingerprint(same.scope(), "pipeline " + lives) : same;
    }

    static SourceSettings source(Plan plan) {
        return new SourceSettings(
                plan.scope(),
                plan.filter().pipeline(),
                FullDocument.DEFAULT,
                plan.requiresImages() ? FullDocumentBeforeChange.REQUIRED : FullDocumentBeforeChange.DEFAULT,
                false,
                plan.batchSize(),
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                Optional.empty(),
                Optional.empty());
    }
}
