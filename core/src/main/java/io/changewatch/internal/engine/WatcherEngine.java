package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.CloseDeadline.GRACE;

import com.mongodb.MongoException;
import io.changewatch.ChangeWatcher;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Fence;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.deliver.DeliveryStoppedException;
import io.changewatch.internal.deliver.FailureHandling;
import io.changewatch.lease.LeaseLostException;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.BatchHandled;
import io.changewatch.observe.WatcherListener.EventHandled;
import io.changewatch.observe.WatcherStats;
import io.changewatch.observe.WatcherStats.LeaseHolder;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watcher: the thread its loop runs on, its beginning and its end.
 *
 * <p>Thread-safe.
 */
public final class WatcherEngine<T> implements ChangeWatcher {
    private static final Logger LOG = LoggerFactory.getLogger(WatcherEngine.class);

    private final WatcherSettings<T> settings;
    private final SourceProvider provider;
    private final Surroundings surroundings;
    private final Counters counters;
    private final HeadroomMonitor headroom;
    private final Lifecycle lifecycle;
    private final Waits waits;
    private final Steering steering;
    private final CloseDeadline closing;
    private final Checkpointer checkpointer;
    private final FailureHandling handlerFailures;
    private final Deliverer<T> deliverer;
    private final WatchLoop<T> loop;
    private final Thread thread;
    private @Nullable JmxRegistration jmx;

    /** A watcher that has not been started. */
    public WatcherEngine(
            WatcherSettings<T> settings,
            SourceProvider provider,
            DelivererFactory<T> deliverers,
            Surroundings surroundings) {
        this(settings, provider, deliverers, surroundings, new Counters(), null);
    }

    /** One activity of a watcher with a lease: counts on where another one ended. */
    WatcherEngine(
            WatcherSettings<T> settings,
            SourceProvider provider,
            DelivererFactory<T> deliverers,
            Surroundings surroundings,
            Counters counters,
            @Nullable Activity activity) {
        this.counters = counters;
        Fence fence = activity == null ? Fence.NONE : activity.tenure();
        this.settings = settings;
        this.provider = provider;
        this.surroundings = surroundings;
        this.headroom =
                new HeadroomMonitor(settings, () -> provider.oplogWindow(settings.source()), this::held, surroundings);
        SafeListener listener = new SafeListener(settings.name(), withCounters(settings.listeners()));
        WatcherListener ofStates =
                activity == null ? listener : new SafeListener(settings.name(), List.of(headroom, activity.states()));
        this.lifecycle = new Lifecycle(settings.name(), ofStates, surroundings.lock());
        this.waits = new Waits(settings.name(), lifecycle);
        this.steering = new Steering(settings.name(), lifecycle, surroundings.lock());
        this.closing = new CloseDeadline(settings.closeWithin(), surroundings);
        this.checkpointer = new Checkpointer(
                settings.checkpoints(),
                listener,
                surroundings,
                surroundings,
                surroundings.random(),
                surroundings.threads("changewatch-" + settings.name() + "-checkpoint", true),
                surroundings.lock());
        checkpointer.fencedBy(fence);
        Parking parking = settings.recovery()
                .parking()
                .map(parkingSettings ->
                        new Parking(settings.name(), parkingSettings, lifecycle, listener, surroundings))
                .orElse(null);
        this.handlerFailures = new FailureHandling(
                settings.name(),
                settings.recovery().whenHandlerFails(),
                listener,
                surroundings,
                surroundings.random(),
                this::awaitNextAttempt,
                parking,
                activity == null ? null : fence::throwIfOver);
        this.deliverer = deliverers.deliverer(
                handlerFailures,
                new Reports(listener),
                this::requestStop,
                new Committing(checkpointer, listener, delay -> lifecycle.pause(delay, surroundings), surroundings));
        this.loop = new WatchLoop<>(
                new Shared<>(settings, lifecycle, steering, listener, counters, surroundings, parking, fence),
                provider,
                checkpointer,
                deliverer);
        this.thread = surroundings.thread("changewatch-" + settings.name(), false, this::run);
    }

    /** Shows it to JMX from its start to its end. Called before it is started. */
    public WatcherEngine<T> exposeThroughJmx() {
        jmx = new JmxRegistration(this);
        return this;
    }

    private List<WatcherListener> withCounters(List<WatcherListener> listeners) {
        List<WatcherListener> all = new ArrayList<>(listeners);
        all.add(0, counters);
        all.add(headroom);
        return all;
    }

    /** An event that waits for its next attempt does not keep its watcher from being steered. */
    private void awaitNextAttempt(Duration delay) throws InterruptedException {
        if (surroundings.isCurrent(thread)) {
            lifecycle.pauseUnlessCalled(delay, surroundings);
        } else {
            lifecycle.pause(delay, surroundings);
        }
    }

    /** What a restart would need. */
    private Optional<Position> held() {
        return checkpointer.saved().or(checkpointer::newest);
    }

    private void handled(ResumeToken token, BsonTimestamp clusterTime, int events) {
        long now = surroundings.getAsLong();
        if (Thread.currentThread() == thread) {
            counters.pulse().tells(now);
        }
        counters.pulse().handled(token, events, now);
        checkpointer.handled(token, clusterTime, events, now);
    }

    /** What the deliverer tells, on whichever thread. */
    private final class Reports implements Deliverer.Progress {
        private final WatcherListener listener;

        private Reports(WatcherListener listener) {
            this.listener = listener;
        }

        @Override
        public void handled(ResumeToken token, BsonTimestamp clusterTime, int events) {
            WatcherEngine.this.handled(token, clusterTime, events);
        }

        @Override
        public void batchBegins() {
            counters.pulse().batchBegins(surroundings.getAsLong());
        }

        @Override
        public void batchEnds(List<? extends ChangeEvent<?>> handled, Duration took) {
            counters.pulse().batchEnds();
            long now = surroundings.getAsLong();
            handled.forEach(event -> counters.handled(event, now));
            if (!settings.listeners().isEmpty()) {
                handled.forEach(event -> listener.eventHandled(new EventHandled(name(), event, took)));
                listener.batchHandled(new BatchHandled(name(), handled.size(), took));
            }
        }

        @Override
        public void eventEnds(ChangeEvent<?> event, Duration took) {
            counters.handledAside(event, surroundings.getAsLong());
            if (!settings.listeners().isEmpty()) {
                listener.eventHandled(new EventHandled(name(), event, took));
            }
        }

        @Override
        public void failed(Throwable cause) {
            lifecycle.endPauses();
            checkpointer.stopWaiting();
            loop.wake();
        }
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public WatcherState state() {
        return lifecycle.state();
    }

    @Override
    public Optional<Throwable> failure() {
        return lifecycle.failure();
    }

    @Override
    public WatcherStats stats() {
        return stats(lifecycle.state(), 0, Optional.empty());
    }

    /** What a watcher with a lease shows: its own state, what earlier activities counted, and who has the lease. */
    WatcherStats stats(WatcherState state, long earlierFailures, Optional<LeaseHolder> lease) {
        Optional<Position> newest = checkpointer.newest();
        long now = surroundings.getAsLong();
        return new WatcherStats(
                state,
                counters.events(),
                counters.bytes(),
                counters.batches(),
                counters.reconnects(),
                earlierFailures + handlerFailures.count(),
                counters.skipped(),
                counters.parked(),
                counters.checkpointsSaved(),
                counters.checkpointFailures(),
                settings.checkpoints().store().isPresent() ? checkpointer.unsavedEvents() : 0,
                counters.lag(),
                counters.sinceLastBatch(now),
                newest.map(Position::token),
                newest.map(Position::clusterTime),
                checkpointer.savedAt(),
                counters.pulse().progress(state, settings.source(), newest, deliverer.busySince(), now),
                headroom.latest(),
                headroom.unknownBecause(),
                lease);
    }

    /** How often a handler or a validation threw. */
    long handlerFailures() {
        return handlerFailures.count();
    }

    @Override
    public ChangeWatcher start() {
        launch();
        waits.awaitStarted();
        return this;
    }

    /** Starts without waiting. */
    void launch() {
        lifecycle.starting();
        long now = surroundings.getAsLong();
        counters.clocks(now, surroundings.millis());
        counters.pulse().begins(now);
        if (jmx != null) {
            jmx.open();
        }
        try {
            thread.start();
        } catch (Throwable e) { // the machine refuses it: whoever waits for the end must not do so for ever
            end(e);
            throw e;
        }
    }

    /** Starts without waiting, unless it has been closed before. */
    void launchUnlessClosed() {
        try {
            launch();
        } catch (IllegalStateException e) {
            LOG.debug("[{}] Closed before it was started.", name(), e);
            deliverer.ended(Optional.empty());
        }
    }

    @Override
    public void awaitRunning(Duration timeout) throws TimeoutException, InterruptedException {
        waits.awaitRunning(timeout, () -> "another instance has the lease");
    }

    @Override
    public void pause() {
        Runnable nudge = loop.nudge();
        if (steering.pause()) {
            nudge.run();
        }
    }

    @Override
    public void resume() {
        steering.resume();
    }

    @Override
    public boolean awaitPaused(Duration timeout) throws InterruptedException {
        return waits.awaitPaused(Thread.currentThread() == thread ? Duration.ZERO : timeout);
    }

    @Override
    public void seek(StartPosition position, Duration timeout) throws TimeoutException, InterruptedException {
        seek(Seek.to(Objects.requireNonNull(position, "position")), timeout);
    }

    @Override
    public void seek(Checkpoint checkpoint, Duration timeout) throws TimeoutException, InterruptedException {
        seek(Seek.to(Objects.requireNonNull(checkpoint, "checkpoint")), timeout);
    }

    private void seek(Seek seek, Duration timeout) throws TimeoutException, InterruptedException {
        if (Thread.currentThread() == thread || checkpointer.isSavingThread() || deliverer.isHandlingThread()) {
            throw new IllegalStateException(
                    "Watcher '" + name()
                            + "' cannot be moved from its own thread, as it moves when that is free: seek from another thread.");
        }
        Runnable nudge = loop.nudge();
        if (steering.ask(seek)) {
            nudge.run();
        }
        steering.await(seek, timeout);
    }

    @Override
    public List<Checkpoint> history() {
        return settings.checkpoints()
                .store()
                .map(store -> store.history(name()))
                .orElse(List.of());
    }

    @Override
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        return waits.awaitTermination(timeout);
    }

    @Override
    public void close() {
        close(settings.closeWithin());
    }

    @Override
    public boolean close(Duration deadline) {
        stopWithin(deadline);
        if (isOwnThread()) {
            return false; // it would wait for itself
        }
        if (waits.awaitEnd(deadline, thread)) {
            return true;
        }
        abandon();
        return waits.awaitEnd(GRACE, thread);
    }

    /** Asks for the end without waiting for it. */
    void stopWithin(Duration deadline) {
        closing.within(deadline);
        requestStop();
    }

    /** Whether the caller is on a thread that the end waits for. */
    boolean isOwnThread() {
        return Thread.currentThread() == thread
                || checkpointer.isSavingThread()
                || headroom.isMeasuringThread()
                || deliverer.isHandlingThread();
    }

    private void requestStop() {
        if (lifecycle.requestStop()) {
            checkpointer.stopWaiting();
            deliverer.stop();
            loop.wake();
        }
    }

    /** A handler or the store does not return. What was handled before is saved if it can be; the interrupt may end a wait. */
    void abandon() {
        LOG.warn(
                "[{}] A handler, or the store, does not return by the close deadline; interrupting it. What is not saved comes "
                        + "again at the next start.",
                name());
        checkpointer.close(GRACE);
        thread.interrupt();
    }

    // The watcher's thread.

    private void run() {
        Throwable failure = null;
        boolean interrupted = false;
        try {
            loop.run();
        } catch (StoppedException | DeliveryStoppedException e) {
            LOG.debug("[{}] Stopping as asked.", name());
        } catch (InterruptedException e) {
            interrupted = true;
            LOG.warn("[{}] Its thread was interrupted; stopping.", name());
        } catch (Throwable e) { // handlers, codecs and stores may throw anything: the state must tell
            failure = e;
        }
        end(failure);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }

    private void end(@Nullable Throwable thrown) {
        lifecycle.endPauses();
        Throwable unhandled = drain(thrown);
        checkpointer.close(closing.left());
        Throwable failure = thrown != null
                ? thrown
                : unhandled != null ? unhandled : checkpointer.failure().orElse(null);
        loop.wake();
        headroom.close();
        quietly("close the client", provider::close);
        quietly("release the store", checkpointer::release);
        if (jmx != null) {
            jmx.close();
        }
        logEnd(failure);
        lifecycle.ended(Optional.ofNullable(failure));
        steering.close(failure);
        quietly("tell the subscriber", () -> deliverer.ended(Optional.ofNullable(failure)));
    }

    /** What was handed out before is handled, unless that fails; returns with what. Another watcher may have the place of one whose store refused. */
    private @Nullable Throwable drain(@Nullable Throwable thrown) {
        try {
            if (checkpointer.failure().isPresent() || thrown instanceof LeaseLostException) {
                deliverer.discard();
            }
            deliverer.drain(closing.left());
            return null;
        } catch (StoppedException | DeliveryStoppedException e) {
            LOG.debug("[{}] Stopping as asked.", name());
            return null;
        } catch (Throwable e) { // handlers may throw anything: the state must tell
            return e;
        }
    }

    private void quietly(String what, Runnable action) {
        try {
            action.run();
        } catch (Throwable e) { // stores and subscribers may throw anything: the state must still tell the end
            LOG.warn("[{}] Could not {} at the end.", name(), what, e);
        }
    }

    /** A driver's exception may quote a command with a token in it: its stack goes to DEBUG. */
    private void logEnd(@Nullable Throwable failure) {
        if (failure == null) {
            LOG.info("[{}] Stopped.", name());
        } else if (failure instanceof LeaseLostException) {
            LOG.info("[{}] Stopped for now: {}", name(), failure.getMessage());
        } else if (failure.getCause() instanceof MongoException) {
            LOG.error("[{}] Failed: {}", name(), failure.getMessage());
            LOG.debug("[{}] Failed.", name(), failure);
        } else {
            LOG.error("[{}] Failed.", name(), failure);
        }
    }
}
