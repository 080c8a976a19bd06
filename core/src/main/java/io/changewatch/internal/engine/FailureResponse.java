package io.changewatch.internal.engine;

import com.mongodb.MongoException;
import io.changewatch.internal.engine.WatcherSettings.Recovery;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The failure table: what is done about each kind of error.
 *
 * <pre>
 * TRANSIENT        wait, open after the last position
 * OVERRUN          the same once; again without progress: HISTORY_LOST
 * HISTORY_LOST     fail, or open now or at the oldest entry and hand out a Gap; never the same position again
 * TOKEN_NOT_FOUND  ask for split events, as the token may be a fragment's; then open by cluster time and leave out
 *                  what was handled; then fail
 * OVERSIZE         ask for split events; then as UNDELIVERABLE
 * UNDELIVERABLE    find the event, then fail or leave it out: see {@link UndeliverableEvents}
 * INVALID_TOKEN, MISCONFIGURED, CLIENT_CLOSED   fail
 * UNKNOWN          wait and open again, for a bounded time; then fail
 * </pre>
 *
 * <p>Called on the watcher's thread only.
 */
final class FailureResponse {
    private static final Logger LOG = LoggerFactory.getLogger(FailureResponse.class);
    private static final int UNKNOWN_STAGE = 40324;
    private static final Duration FOR_UNKNOWN = Duration.ofMinutes(2);

    private final Recovery policy;
    private final FailureMessages messages;
    private final Attempts attempts;
    private final HistoryLoss historyLoss;
    private final UndeliverableEvents undeliverable;
    private boolean overrun;
    private Duration unknownFor = Duration.ZERO;
    private @Nullable Duration lastUnknown;
    private boolean byTime;
    private boolean splits;
    private boolean cannotSplit;
    private @Nullable RuntimeException oversize;

    FailureResponse(Shared<?> shared, Attempts attempts, HistoryLoss historyLoss, UndeliverableEvents undeliverable) {
        this.policy = shared.settings().recovery();
        this.messages = shared.messages();
        this.attempts = attempts;
        this.historyLoss = historyLoss;
        this.undeliverable = undeliverable;
    }

    /** Where to open the stream next, after waiting if need be; throws if it is not to be opened. */
    Place respond(RuntimeException error, Place place, boolean opened) throws InterruptedException {
        attempts.opened(opened);
        if (splits && isUnknownStage(error)) {
            return cannotSplit(place, opened);
        }
        return switch (FailureClassifier.classify(error, opened, place.isByToken())) {
            case TRANSIENT -> outage(error, place);
            case UNKNOWN -> unknown(error, place);
            case OVERRUN -> overrun(error, place);
            case HISTORY_LOST -> historyLoss.respond(error, place);
            case TOKEN_NOT_FOUND -> tokenNotFound(error, place);
            case OVERSIZE -> oversize(error, place, opened);
            case UNDELIVERABLE -> undeliverable(error, place, opened);
            case INVALID_TOKEN -> throw messages.invalidToken(error);
            case MISCONFIGURED -> throw messages.misconfigured(error);
            case CLIENT_CLOSED -> throw messages.clientClosed(error);
        };
    }

    /** Whether large events are to come in fragments from now on. */
    boolean splits() {
        return splits;
    }

    void progressed() {
        overrun = false;
        byTime = false;
        unknownFor = Duration.ZERO;
        lastUnknown = null;
        undeliverable.progressed();
        attempts.progressed();
    }

    private Place outage(RuntimeException error, Place place) throws InterruptedException {
        lastUnknown = null;
        return retry(error, place);
    }

    private Place retry(RuntimeException error, Place place) throws InterruptedException {
        if (!attempts.waitAfter(error, policy.retry())) {
            throw messages.givenUp(attempts.failures(), error);
        }
        return place;
    }

    /** The time from one unknown error to the next counts, that of an outage before or between does not. */
    private Place unknown(RuntimeException error, Place place) throws InterruptedException {
        Duration now = attempts.now();
        unknownFor = lastUnknown == null ? unknownFor : unknownFor.plus(now.minus(lastUnknown));
        lastUnknown = now;
        if (unknownFor.compareTo(FOR_UNKNOWN) >= 0) {
            throw messages.unknown(FOR_UNKNOWN, error);
        }
        return retry(error, place);
    }

    private Place overrun(RuntimeException error, Place place) throws InterruptedException {
        if (overrun) {
            return historyLoss.respond(error, place);
        }
        overrun = true;
        return retry(error, place);
    }

    private Place tokenNotFound(RuntimeException error, Place place) {
        if (place.position() == null || !place.isByToken() || byTime) {
            throw messages.tokenNotFound(place.position() != null, error);
        }
        if (!splits && !cannotSplit) {
            splits = true;
            LOG.info("[{}] The server does not find the position; trying with split events.", messages.watcher());
            return place;
        }
        LOG.warn(
                "[{}] The server does not find the position by its token ({}); resuming by cluster time, leaving out what was "
                        + "handled.",
                messages.watcher(),
                FailureMessages.describe(error));
        byTime = true;
        return Place.throughTimeOf(place.position());
    }

    private Place oversize(RuntimeException error, Place place, boolean opened) throws InterruptedException {
        if (splits || cannotSplit) {
            return undeliverable(error, place, opened);
        }
        splits = true;
        oversize = error;
        LOG.warn(
                "[{}] An event is larger than 16 MB: opening the stream again with events split and put together here.",
                messages.watcher());
        return place;
    }

    /** Servers before 6.0.9 do not know the stage: on to the next rung. */
    private Place cannotSplit(Place place, boolean opened) throws InterruptedException {
        splits = false;
        cannotSplit = true;
        return oversize == null ? place : undeliverable(oversize, place, opened);
    }

    /** What goes wrong in the search is answered like any other failure; then the stream fails, and the search begins, again. */
    private Place undeliverable(RuntimeException error, Place place, boolean opened) throws InterruptedException {
        try {
            return undeliverable.respond(error, place, splits);
        } catch (SourceFailure e) {
            return respond(e.error(), place, opened);
        }
    }

    private static boolean isUnknownStage(RuntimeException error) {
        return error instanceof MongoException mongo && mongo.getCode() == UNKNOWN_STAGE;
    }
}
