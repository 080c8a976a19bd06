package io.changewatch.internal.engine;

import io.changewatch.DecodeException;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.ParkingCause;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.deadletter.ParkingReason;
import io.changewatch.event.ChangeEvent;
import io.changewatch.internal.deliver.GivenUpEvents;
import io.changewatch.observe.WatcherListener;
import io.changewatch.observe.WatcherListener.EventParked;
import java.util.Optional;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the events of a watcher that are given up, in its store of letters, and, if so ordered, those behind them.
 *
 * <p>Thread-safe: called on the watcher's thread and on those that call handlers.
 */
final class Parking implements GivenUpEvents {
    private static final Logger LOG = LoggerFactory.getLogger(Parking.class);
    /** Some megabytes of memory. */
    private static final int MOST_BLOCKED = 20_000;

    private final String watcher;
    private final ParkingSettings settings;
    private final WatcherListener listener;
    private final Surroundings surroundings;
    private final LetterStoreCalls calls;
    private final @Nullable BlockedKeys blocked;

    Parking(
            String watcher,
            ParkingSettings settings,
            Lifecycle lifecycle,
            WatcherListener listener,
            Surroundings surroundings) {
        this.watcher = watcher;
        this.settings = settings;
        this.listener = listener;
        this.surroundings = surroundings;
        this.calls = new LetterStoreCalls(watcher, settings, lifecycle, surroundings);
        this.blocked = settings.order() == ParkingOrder.BLOCK_KEY
                ? new BlockedKeys(watcher, settings.store(), calls, surroundings, MOST_BLOCKED)
                : null;
    }

    @Override
    public boolean holdsBack(ChangeEvent<?> event) throws InterruptedException {
        if (blocked == null || blocked.isNothingBlocked()) {
            return false;
        }
        BsonDocument raw = event.raw();
        Optional<String> key = DeadLetter.keyOf(watcher, raw);
        if (key.isEmpty() || !blocked.isBlocked(key.get())) {
            return false;
        }
        park(letter(raw, ParkingReason.BLOCKED, 0, null));
        return true;
    }

    @Override
    public void giveUp(ChangeEvent<?> event, int attempts, Exception cause) throws InterruptedException {
        park(letter(event.raw(), ParkingReason.FAILED, attempts, cause));
    }

    /** Keeps an event that could not be decoded and has a position. */
    void park(DecodeException failure) throws InterruptedException {
        park(letter(failure.raw(), ParkingReason.UNDECODABLE, 0, failure));
    }

    private DeadLetter letter(BsonDocument raw, ParkingReason reason, int attempts, @Nullable Exception cause) {
        return DeadLetter.of(
                watcher,
                raw,
                reason,
                Optional.ofNullable(cause).map(ParkingCause::of),
                attempts,
                surroundings.instant());
    }

    private void park(DeadLetter letter) throws InterruptedException {
        boolean isNew = calls.call("park an event", () -> settings.store().park(letter));
        if (blocked != null) {
            letter.key().ifPresent(blocked::note);
        }
        log(letter, isNew);
        listener.eventParked(new EventParked(watcher, letter, isNew));
    }

    /** Of a blocked document it was said that its events are parked: more of them are no news. */
    private void log(DeadLetter letter, boolean isNew) {
        if (letter.reason() == ParkingReason.BLOCKED) {
            LOG.debug("[{}] Parked {} behind another of its document.", watcher, letter.id());
            return;
        }
        LOG.warn(
                "[{}] {} {}{} at cluster time {}/{}: {} with {}. {}Re-drive or drop the letter {} with deadLetters().",
                watcher,
                isNew ? "Parked" : "Parked before, and come again:",
                letter.operationType(),
                letter.namespace().map(namespace -> " in " + namespace).orElse(""),
                letter.clusterTime().getTime(),
                letter.clusterTime().getInc(),
                letter.reason() == ParkingReason.FAILED
                        ? "it failed " + (letter.attempts() == 1 ? "once" : letter.attempts() + " times")
                        : "it could not be decoded",
                letter.cause().map(ParkingCause::type).orElse("no exception"),
                isBlocking(letter) ? "Later events of its document are parked behind it. " : "",
                letter.id());
        LOG.debug(
                "[{}] Parked {}: {}",
                watcher,
                letter.id(),
                letter.cause().map(ParkingCause::stackTrace).orElse("no exception"));
    }

    private boolean isBlocking(DeadLetter letter) {
        return blocked != null && letter.key().isPresent();
    }
}
