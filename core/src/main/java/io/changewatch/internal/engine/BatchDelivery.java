package io.changewatch.internal.engine;

import io.changewatch.DecodeException;
import io.changewatch.StartPosition;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Fence;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.decode.FragmentAssembler;
import io.changewatch.internal.decode.TooLargeEventException;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.observe.WatcherListener.EventHandled;
import io.changewatch.observe.WatcherListener.EventSkipped;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes the events of a batch, hands them out, and keeps the place up to which that is done.
 *
 * <p>Called on the watcher's thread only.
 */
final class BatchDelivery<T> {
    private static final Logger LOG = LoggerFactory.getLogger(BatchDelivery.class);

    private final Shared<T> shared;
    private final boolean isListenedTo;
    private final Checkpointer checkpointer;
    private final StoreGate store;
    private final Deliverer<T> deliverer;
    private final @Nullable Fence fence;
    private final UndeliverableEvents undeliverable;
    private final PositionLog positionLog;
    private final FragmentAssembler fragments;
    private Place place = Place.at(StartPosition.now());
    /** What was handed out since {@link #place} was told: a place is made for the last one only. */
    private @Nullable ChangeEvent<T> handedOut;

    BatchDelivery(
            Shared<T> shared, Checkpointer checkpointer, Deliverer<T> deliverer, UndeliverableEvents undeliverable) {
        this.shared = shared;
        this.isListenedTo = shared.isListenedTo();
        this.checkpointer = checkpointer;
        this.store = new StoreGate(shared, checkpointer);
        this.deliverer = deliverer;
        this.fence = shared.fence() == Fence.NONE ? null : shared.fence();
        this.undeliverable = undeliverable;
        this.positionLog = new PositionLog(shared);
        this.fragments = new FragmentAssembler(shared.settings().recovery().maxEventBytes());
    }

    /** Up to where everything is handed out, which is where the stream is to be opened next. */
    Place place() {
        ChangeEvent<T> last = handedOut;
        if (last != null) {
            goTo(Place.after(new Position(last.resumeToken(), last.clusterTime())));
        }
        return place;
    }

    /** The first event that is handed out lies behind all that was handled before. */
    private boolean isHandled(ResumeToken token) {
        return handedOut == null && place.isHandled(token);
    }

    /** The stream is opened elsewhere. */
    void goTo(Place elsewhere) {
        handedOut = null;
        place = elsewhere;
    }

    /** A new stream begins, with no half of an event. */
    void begin() {
        fragments.reset();
    }

    /** Waits until the place where the stream was opened is saved. */
    void pin(Position opening) throws InterruptedException {
        goTo(Place.after(opening));
        store.pin(opening);
    }

    /** Goes on elsewhere, once that is saved over whatever the store holds; returns why the store refuses, and then stays. */
    Optional<RuntimeException> moveTo(Place elsewhere, Position position) throws InterruptedException {
        Optional<RuntimeException> refusal = store.overwrite(position);
        if (refusal.isEmpty()) {
            goTo(elsewhere);
        }
        return refusal;
    }

    /** Hands out a gap; returns whether its place is saved: not where it, or an event before it, is not acknowledged yet. */
    boolean deliverAndPin(ChangeEvent<T> gap, Position position) throws InterruptedException {
        deliver(gap);
        boolean isHandled = checkpointer.newest().equals(Optional.of(position));
        if (isHandled) {
            store.pin(position);
        }
        return isHandled;
    }

    /** Hands out all events of a batch; returns whether the place has moved on behind them. */
    boolean handOut(RawBatch batch, boolean splits) throws InterruptedException {
        for (int offset : batch.offsets()) {
            shared.lifecycle().throwIfCalled();
            if (splits) {
                putTogether(batch.bytes(), offset);
            } else {
                decodeAndDeliver(batch.bytes(), offset);
            }
        }
        checkpointer.throwIfFailed();
        Optional<Position> after = fragments.isWaiting() ? Optional.empty() : positionAfter(batch);
        return after.isPresent() && moveOn(after.get());
    }

    private void putTogether(byte[] bytes, int offset) throws InterruptedException {
        try {
            Optional<RawBsonDocument> whole = fragments.accept(bytes, offset);
            if (whole.isPresent()) {
                decodeAndDeliver(whole.get().getBackingArray(), whole.get().getByteOffset());
            }
        } catch (TooLargeEventException e) {
            passOver(Culprit.of(e.envelope()).orElseThrow(() -> e), e);
        } catch (DecodeException e) {
            skipUnlessFragment(e);
        }
    }

    /** A position inside of an event is none: a stream opened there begins with the rest of it. */
    private void skipUnlessFragment(DecodeException failure) throws InterruptedException {
        if (fragments.isWaiting() || failure.raw().containsKey("splitEvent")) {
            throw failure;
        }
        skipOrThrow(failure);
    }

    /** An event that was received whole, but is more than may be kept. */
    private void passOver(Culprit event, TooLargeEventException error) {
        if (!isHandled(event.token())) {
            undeliverable.passOver(event, error);
            moveTo(new Position(event.token(), event.clusterTime()));
        }
    }

    private void decodeAndDeliver(byte[] bytes, int offset) throws InterruptedException {
        ChangeEvent<T> event;
        try {
            event = shared.settings().decoder().decode(bytes, offset);
        } catch (DecodeException e) {
            skipOrThrow(e);
            return;
        }
        if (!isHandled(event.resumeToken())) {
            deliver(event);
        }
    }

    private void deliver(ChangeEvent<T> event) throws InterruptedException {
        Pulse pulse = shared.counters().pulse();
        pulse.handsOut();
        store.awaitRoom();
        if (fence != null) {
            fence.throwIfOver();
        }
        long told = pulse.latestNanos();
        long begin = isListenedTo ? shared.surroundings().getAsLong() : told;
        boolean isHandled = deliverer.deliver(event);
        pulse.handedOut();
        if (pulse.latestNanos() == told) { // not handled on this thread, so it has not looked at the clock
            pulse.tells(shared.surroundings().getAsLong());
        }
        handedOut = event;
        if (isHandled) {
            noteHandled(event, begin);
        }
    }

    private void noteHandled(ChangeEvent<T> event, long begin) {
        shared.counters().handled(event);
        if (isListenedTo) {
            Duration took = Duration.ofNanos(shared.surroundings().getAsLong() - begin);
            shared.listener().eventHandled(new EventHandled(shared.watcher(), event, took));
        }
    }

    private void skipOrThrow(DecodeException failure) throws InterruptedException {
        BsonDocument raw = failure.raw();
        if (!raw.isDocument("_id") || !raw.isTimestamp("clusterTime")) {
            throw failure;
        }
        ResumeToken token = new ResumeToken(raw.getDocument("_id"));
        if (isHandled(token)) {
            return;
        }
        Parking parking = shared.parking();
        if (parking != null) {
            deliverer.awaitHandled();
            parking.park(failure);
            moveTo(new Position(token, raw.getTimestamp("clusterTime")));
            return;
        }
        if (!shared.settings().recovery().whenHandlerFails().skips()) {
            throw failure;
        }
        LOG.warn("[{}] Skipped an event: {}", shared.watcher(), failure.getMessage());
        shared.listener().eventSkipped(new EventSkipped(shared.watcher(), raw, failure));
        moveTo(new Position(token, raw.getTimestamp("clusterTime")));
    }

    private void moveTo(Position skipped) {
        deliverer.passed(skipped.token(), skipped.clusterTime());
        goTo(Place.after(skipped));
    }

    /** Nothing more comes up to {@code position}: it may be saved when all before it is handled. */
    private boolean moveOn(Position position) {
        if (isHandled(position.token())) {
            goTo(place.rereadUpTo(position));
            return false;
        }
        goTo(Place.after(position));
        deliverer.passed(position.token(), position.clusterTime());
        checkpointer.newest().ifPresent(positionLog::reached); // not what is only handed out
        return true;
    }

    /** The post-batch position; empty where the server sends none. */
    Optional<Position> positionAfter(RawBatch batch) {
        ResumeToken token = batch.positionAfter();
        if (token == null) {
            return Optional.empty();
        }
        return TokenTime.of(token).or(() -> place().clusterTime()).map(time -> new Position(token, time));
    }
}
