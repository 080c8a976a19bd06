package io.changewatch.internal.engine;

import com.mongodb.MongoException;
import io.changewatch.DecodeException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.decode.FragmentAssembler;
import io.changewatch.internal.decode.TooLargeEventException;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.engine.HistoryLoss.MissedEvents;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.observe.WatcherListener.EventHandled;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.GapAccepted;
import io.changewatch.observe.WatcherListener.PositionMoved;
import io.changewatch.observe.WatcherListener.StreamOpened;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
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

    private final WatcherSettings<T> settings;
    private final StreamReader reader;
    private final Lifecycle lifecycle;
    private final SafeListener listener;
    private final boolean isListenedTo;
    private final Counters counters;
    private final Checkpointer checkpointer;
    private final StoreGate store;
    private final Deliverer<T> deliverer;
    private final Surroundings surroundings;
    private final CheckpointLoader loader;
    private final FailureMessages messages;
    private final HistoryLoss historyLoss;
    private final FailureResponse failures;
    private final PositionLog positionLog;
    private final ResumeRate rate;
    private final UndeliverableEvents undeliverable;
    private final FragmentAssembler fragments;

    // The watcher's thread only.
    private Place place = Place.at(StartPosition.now());
    private Optional<Checkpoint> checkpoint = Optional.empty();
    private boolean identified;
    private boolean opened;
    private boolean pinned;
    private boolean progressed;

    WatchLoop(
            WatcherSettings<T> settings,
            SourceProvider provider,
            Lifecycle lifecycle,
            SafeListener listener,
            Counters counters,
            Checkpointer checkpointer,
            Deliverer<T> deliverer,
            FailureMessages messages,
            Surroundings surroundings) {
        this.settings = settings;
        this.reader = new StreamReader(settings, provider, lifecycle, listener, counters, surroundings);
        this.lifecycle = lifecycle;
        this.listener = listener;
        this.isListenedTo = !settings.listeners().isEmpty();
        this.counters = counters;
        this.checkpointer = checkpointer;
        this.store = new StoreGate(settings.name(), checkpointer, lifecycle, listener);
        this.deliverer = deliverer;
        this.surroundings = surroundings;
        this.loader = new CheckpointLoader(
                settings.checkpoints(), checkpointer, settings.recovery().startFrom(), lifecycle, surroundings);
        this.messages = messages;
        this.rate = new ResumeRate(settings.name(), lifecycle, surroundings);
        Attempts attempts = new Attempts(settings.name(), lifecycle, listener, surroundings, rate, provider::obstacle);
        this.historyLoss = new HistoryLoss(settings.recovery(), messages, attempts, reader::oldestEntry);
        this.undeliverable = new UndeliverableEvents(settings, reader, listener, messages, attempts);
        this.failures = new FailureResponse(settings.recovery(), messages, attempts, historyLoss, undeliverable);
        this.fragments = new FragmentAssembler(settings.recovery().maxEventBytes());
        this.positionLog = new PositionLog(settings.name(), settings.logPositionEvery(), surroundings);
    }

    /** Runs until the watcher is stopped, by {@link StoppedException} or return, or fails. */
    void run() throws InterruptedException {
        begin();
        while (true) {
            lifecycle.throwIfStopRequested();
            try {
                if (!readOneStream()) {
                    continue;
                }
                if (settings.recovery().whenInvalidated() == InvalidatedPolicy.STOP && !place.isReread()) {
                    LOG.info("[{}] What was watched is gone; stopping, as whenInvalidated says.", settings.name());
                    return;
                }
                throwIfReopenedInVain();
            } catch (SourceFailure e) {
                place = failures.respond(e.error(), place, opened);
            }
        }
    }

    /** Ends every wait on the server. */
    void wake() {
        reader.wake();
    }

    private void begin() throws InterruptedException {
        checkpoint = loader.load();
        place = loader.place(checkpoint);
        pinned = checkpoint.isPresent();
        checkpointer.start(place.known());
    }

    /** Once: a position is only asked of the cluster it comes from. */
    private void identify() throws SourceFailure, InterruptedException {
        if (!identified) {
            ClusterFacts facts = reader.facts();
            new ClusterCheck(messages, checkpoint).check(place, facts);
            checkpointer.watches(facts.identity());
            identified = true;
        }
    }

    /** Reads until the server ends the stream, as it does after an invalidate, or it is to be opened in another way: false. */
    private boolean readOneStream() throws SourceFailure, InterruptedException {
        identify();
        fragments.reset();
        progressed = false;
        rate.take();
        ChangeCursor open = reader.open(place.start(), undeliverable.stream(place, failures.splits()));
        try {
            lifecycle.throwIfStopRequested();
            RawBatch opening = reader.next(open);
            atOpening(opening);
            handOut(opening); // of which no position is told but the first: the server has read nothing for it
            while (!open.isExhausted()) {
                RawBatch batch = reader.next(open);
                noteProgress();
                handOutGapBehind(opening);
                if (handOut(batch)) {
                    place.known().ifPresent(this::tellPosition);
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

    /** The stream is open on the server. Where it was opened without a checkpoint, that place is saved before any event. */
    private void atOpening(RawBatch batch) throws InterruptedException {
        listener.streamOpened(new StreamOpened(
                settings.name(), ResumeSteps.of(place, historyLoss.missed(), failures.splits()), place.clusterTime()));
        if (historyLoss.missed().isEmpty()) {
            pinOpening(batch);
        } else if (isThere(batch)) {
            handOutGapBehind(batch);
        }
        if (!opened) {
            LOG.info(
                    "[{}] Watching {}.",
                    settings.name(),
                    settings.checkpoints().fingerprint().scope());
            place.known().ifPresent(this::tellPosition);
        }
        opened = true;
        if (lifecycle.state() == WatcherState.STARTING) {
            lifecycle.running();
        }
        if (batch.size() > 0) {
            noteProgress();
        }
    }

    /** A position behind events that are not handed out yet is not the opening's. */
    private void pinOpening(RawBatch opening) throws InterruptedException {
        if (pinned) {
            return;
        }
        Optional<Position> position = opening.size() == 0 ? positionAfter(opening) : Optional.empty();
        if (position.isPresent()) {
            place = Place.after(position.get());
            store.pin(position.get());
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
                settings.name(),
                from,
                position.clusterTime());
        listener.gapAccepted(new GapAccepted(settings.name(), gap));
        deliver(gap);
        if (checkpointer.newest().equals(Optional.of(position))) {
            store.pin(position); // otherwise events before the gap are not acknowledged yet, or the gap itself
            pinned = true;
        }
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

    /** Returns whether the place has moved on. */
    private boolean handOut(RawBatch batch) throws InterruptedException {
        for (int offset : batch.offsets()) {
            lifecycle.throwIfStopRequested();
            handOut(batch.bytes(), offset);
        }
        checkpointer.throwIfFailed();
        Optional<Position> after = fragments.isWaiting() ? Optional.empty() : positionAfter(batch);
        return after.isPresent() && moveOn(after.get());
    }

    private void handOut(byte[] bytes, int offset) throws InterruptedException {
        if (!failures.splits()) {
            decodeAndDeliver(bytes, offset);
            return;
        }
        try {
            Optional<RawBsonDocument> whole = fragments.accept(bytes, offset);
            if (whole.isPresent()) {
                decodeAndDeliver(whole.get().getBackingArray(), whole.get().getByteOffset());
            }
        } catch (TooLargeEventException e) {
            passOver(Culprit.of(e.envelope()).orElseThrow(() -> e), e);
        }
    }

    /** An event that was received whole, but is more than may be kept. */
    private void passOver(Culprit event, TooLargeEventException error) {
        if (!place.isHandled(event.token())) {
            undeliverable.passOver(event, error);
            moveTo(new Position(event.token(), event.clusterTime()));
        }
    }

    private void decodeAndDeliver(byte[] bytes, int offset) throws InterruptedException {
        ChangeEvent<T> event;
        try {
            event = settings.decoder().decode(bytes, offset);
        } catch (DecodeException e) {
            skipOrThrow(e);
            return;
        }
        if (!place.isHandled(event.resumeToken())) {
            deliver(event);
        }
    }

    private void deliver(ChangeEvent<T> event) throws InterruptedException {
        counters.pulse().handsOut(surroundings.getAsLong());
        store.awaitRoom();
        long begin = surroundings.getAsLong();
        boolean handedOut = deliverer.deliver(event);
        counters.pulse().handedOut();
        place = Place.after(new Position(event.resumeToken(), event.clusterTime()));
        if (handedOut) {
            noteHandled(event, begin);
        }
    }

    private void noteHandled(ChangeEvent<T> event, long begin) {
        counters.handled(event, surroundings.instant());
        if (isListenedTo) {
            Duration took = Duration.ofNanos(surroundings.getAsLong() - begin);
            listener.eventHandled(new EventHandled(settings.name(), event, took));
        }
    }

    private void skipOrThrow(DecodeException failure) {
        BsonDocument raw = failure.raw();
        if (!settings.recovery().whenHandlerFails().skips()
                || !raw.isDocument("_id")
                || !raw.isTimestamp("clusterTime")) {
            throw failure;
        }
        ResumeToken token = new ResumeToken(raw.getDocument("_id"));
        if (place.isHandled(token)) {
            return;
        }
        LOG.warn("[{}] Skipped an event: {}", settings.name(), failure.getMessage());
        listener.eventSkipped(new EventSkipped(settings.name(), raw, failure));
        moveTo(new Position(token, raw.getTimestamp("clusterTime")));
    }

    private void moveTo(Position skipped) {
        deliverer.passed(skipped.token(), skipped.clusterTime());
        place = Place.after(skipped);
    }

    /** Nothing more comes up to {@code position}: it may be saved when all before it is handled. */
    private boolean moveOn(Position position) {
        if (place.isHandled(position.token())) {
            place = place.rereadUpTo(position);
            return false;
        }
        place = Place.after(position);
        deliverer.passed(position.token(), position.clusterTime());
        checkpointer.newest().ifPresent(positionLog::reached); // not what is only handed out
        return true;
    }

    private void tellPosition(Position position) {
        if (isListenedTo) {
            listener.positionMoved(new PositionMoved(settings.name(), position.token(), position.clusterTime()));
        }
    }

    private Optional<Position> positionAfter(RawBatch batch) {
        ResumeToken token = batch.positionAfter();
        if (token == null) {
            return Optional.empty();
        }
        return TokenTime.of(token).or(place::clusterTime).map(time -> new Position(token, time));
    }
}
