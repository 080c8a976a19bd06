package io.changewatch.internal.engine;

import com.mongodb.MongoException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.Gap;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.engine.HistoryLoss.MissedEvents;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.observe.WatcherListener.GapAccepted;
import io.changewatch.observe.WatcherListener.PositionMoved;
import io.changewatch.observe.WatcherListener.StreamOpened;
import io.changewatch.resume.Checkpoint;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one straight line of a watcher: open, read a batch, hand out its events, remember where that was; and again.
 *
 * <p>{@link #run()} is called on the watcher's thread; {@link #wake()} from any.
 */
final class WatchLoop<T> {
    private static final Logger LOG = LoggerFactory.getLogger(WatchLoop.class);
    private static final int CURSOR_NOT_FOUND = 43;

    private final Shared<T> shared;
    private final Lifecycle lifecycle;
    private final Checkpointer checkpointer;
    private final StreamReader reader;
    private final CheckpointLoader loader;
    private final FailureMessages messages;
    private final HistoryLoss historyLoss;
    private final FailureResponse failures;
    private final ResumeRate rate;
    private final UndeliverableEvents undeliverable;
    private final BatchDelivery<T> delivery;
    private final Helm helm;

    // The watcher's thread only.
    private Optional<Checkpoint> checkpoint = Optional.empty();
    private boolean identified;
    private boolean opened;
    private boolean pinned;
    private boolean progressed;

    WatchLoop(Shared<T> shared, SourceProvider provider, Checkpointer checkpointer, Deliverer<T> deliverer) {
        this.shared = shared;
        this.lifecycle = shared.lifecycle();
        this.checkpointer = checkpointer;
        this.reader = new StreamReader(shared, provider);
        this.loader = new CheckpointLoader(shared, checkpointer);
        this.messages = shared.messages();
        this.rate = new ResumeRate(shared);
        Attempts attempts = new Attempts(shared, rate, provider::obstacle);
        this.historyLoss = new HistoryLoss(shared, attempts, reader::oldestEntry);
        this.undeliverable = new UndeliverableEvents(shared, reader, attempts);
        this.failures = new FailureResponse(shared, attempts, historyLoss, undeliverable);
        this.delivery = new BatchDelivery<>(shared, checkpointer, deliverer, undeliverable);
        SeekTrial trial = new SeekTrial(shared, reader, failures::splits);
        this.helm = new Helm(
                shared, checkpointer, new Mover(shared, checkpointer, delivery, trial, loader), historyLoss::told);
    }

    /** Runs until the watcher is stopped, by {@link StoppedException} or return, or fails. */
    void run() throws InterruptedException {
        begin();
        boolean ended = false;
        while (!ended) {
            lifecycle.throwIfStopRequested();
            try {
                ended = watch();
            } catch (SteeredException e) {
                helm.obey();
            }
        }
    }

    /** One stream, from its opening to its end; returns whether it was the last. */
    private boolean watch() throws InterruptedException {
        try {
            if (!readOneStream()) {
                return false;
            }
            if (isToStop()) {
                LOG.info("[{}] What was watched is gone; stopping, as whenInvalidated says.", shared.watcher());
                return true;
            }
            throwIfReopenedInVain();
        } catch (SourceFailure e) {
            delivery.goTo(failures.respond(e.error(), delivery.place(), opened));
        }
        return false;
    }

    private boolean isToStop() {
        return shared.settings().recovery().whenInvalidated() == InvalidatedPolicy.STOP
                && !delivery.place().isReread();
    }

    /** Ends every wait on the server. */
    void wake() {
        reader.wake();
    }

    /** Ends a wait for a batch of the stream that is open when this is called. */
    Runnable nudge() {
        return reader.nudge();
    }

    private void begin() throws InterruptedException {
        checkpoint = loader.load();
        delivery.goTo(loader.place(checkpoint));
        pinned = checkpoint.isPresent();
        checkpointer.start(delivery.place().known());
    }

    /** Once: a position is only asked of the cluster it comes from. */
    private void identify() throws SourceFailure, InterruptedException {
        if (!identified) {
            ClusterFacts facts = reader.facts();
            new ClusterCheck(messages, checkpoint).check(delivery.place(), facts);
            checkpointer.watches(facts.identity());
            identified = true;
        }
    }

    /** Reads until the server ends the stream, as it does after an invalidate, or it is to be opened in another way: false. */
    private boolean readOneStream() throws SourceFailure, InterruptedException {
        identify();
        delivery.begin();
        progressed = false;
        rate.take();
        lifecycle.throwIfCalled();
        Place place = delivery.place();
        ChangeCursor open = reader.open(place.start(), undeliverable.stream(place, failures.splits()));
        try {
            lifecycle.throwIfCalled();
            RawBatch opening = reader.next(open);
            atOpening(opening);
            if (historyLoss.missed().isEmpty()) { // nothing is complete behind a gap that is not handed out
                handOut(opening); // of which no position is told but the first: the server has read nothing for it
            }
            while (!open.isExhausted()) {
                lifecycle.throwIfCalled();
                RawBatch batch = reader.next(open);
                noteProgress();
                handOutGapBehind(opening);
                if (handOut(batch)) {
                    delivery.place().known().ifPresent(this::tellPosition);
                }
                if (undeliverable.isCarefulInVain(batch)) {
                    return false;
                }
            }
            return true;
        } finally {
            reader.close(open);
        }
    }

    private boolean handOut(RawBatch batch) throws InterruptedException {
        return delivery.handOut(batch, failures.splits());
    }

    /** The stream is open on the server. Where it was opened without a checkpoint, that place is saved before any event. */
    private void atOpening(RawBatch batch) throws InterruptedException {
        tellOpening();
        if (historyLoss.missed().isEmpty()) {
            pinOpening(batch);
        } else if (isThere(batch)) {
            handOutGapBehind(batch);
        }
        if (!opened) {
            LOG.info(
                    "[{}] Watching {}.",
                    shared.watcher(),
                    shared.settings().checkpoints().fingerprint().scope());
            delivery.place().known().ifPresent(this::tellPosition);
        }
        boolean isFirst = !opened;
        opened = true;
        if (isFirst) {
            shared.steering().begin();
        }
        WatcherState state = lifecycle.state();
        if (state == WatcherState.STARTING || state == WatcherState.PAUSED) {
            lifecycle.running();
        }
        if (batch.size() > 0) {
            noteProgress();
        }
    }

    private void tellOpening() {
        Place place = delivery.place();
        shared.listener()
                .streamOpened(new StreamOpened(
                        shared.watcher(),
                        ResumeSteps.of(place, historyLoss.missed(), failures.splits()),
                        place.clusterTime()));
    }

    /** A position behind events that are not handed out yet is not the opening's. */
    private void pinOpening(RawBatch opening) throws InterruptedException {
        Optional<Position> position = opening.size() == 0 ? delivery.positionAfter(opening) : Optional.empty();
        if (!pinned && position.isPresent()) {
            delivery.pin(position.get());
            pinned = true;
        }
    }

    /** Whether the server has a place for sure: the oldest entry may be gone again by the first getMore, the present not. */
    private boolean isThere(RawBatch opening) {
        return opening.size() > 0
                || historyLoss
                        .missed()
                        .map(MissedEvents::policy)
                        .equals(Optional.of(HistoryLostPolicy.RESTART_FROM_NOW));
    }

    private void handOutGapBehind(RawBatch opening) throws InterruptedException {
        Optional<MissedEvents> missed = historyLoss.missed();
        if (missed.isPresent()) {
            handOutGap(missed.get(), positionBehind(missed.get(), opening));
            historyLoss.told();
        }
    }

    /** Where a gap has its place: before any event of the new stream. */
    private Position positionBehind(MissedEvents missed, RawBatch opening) {
        ResumeToken token = opening.positionAfter();
        BsonTimestamp time =
                token == null || opening.size() > 0 ? null : TokenTime.of(token).orElse(missed.from());
        if (token == null || time == null) {
            throw historyLoss.gapWithoutPlace(missed);
        }
        return new Position(token, time);
    }

    private void handOutGap(MissedEvents missed, Position position) throws InterruptedException {
        BsonTimestamp from = missed.from() == null ? position.clusterTime() : missed.from();
        Gap<T> gap = Gap.of(position.token(), from, position.clusterTime(), missed.policy(), missed.cause());
        LOG.warn(
                "[{}] Events between cluster time {} and {} are lost; going on, as whenHistoryLost says.",
                shared.watcher(),
                from,
                position.clusterTime());
        shared.listener().gapAccepted(new GapAccepted(shared.watcher(), gap));
        delivery.goTo(delivery.place().beginningAfter(position.token())); // called away, it must not lose more
        pinned |= delivery.deliverAndPin(gap, position);
    }

    private void noteProgress() {
        progressed = true;
        failures.progressed();
        lifecycle.running();
    }

    /** A stream that ends at once, again and again, must not be opened in a tight loop. */
    private void throwIfReopenedInVain() throws SourceFailure {
        if (!progressed) {
            throw new SourceFailure(
                    new MongoException(CURSOR_NOT_FOUND, "The server ends the stream as soon as it is opened."));
        }
    }

    private void tellPosition(Position position) {
        if (shared.isListenedTo()) {
            shared.listener()
                    .positionMoved(new PositionMoved(shared.watcher(), position.token(), position.clusterTime()));
        }
    }
}
