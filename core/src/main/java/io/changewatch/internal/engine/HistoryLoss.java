package io.changewatch.internal.engine;

import io.changewatch.HistoryLostDecision.HistoryLost;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.internal.engine.WatcherSettings.Recovery;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done when the oplog no longer holds the position: asks who decides, and knows the gap until it is handed out.
 *
 * <p>Called on the watcher's thread only.
 */
final class HistoryLoss {
    private static final Logger LOG = LoggerFactory.getLogger(HistoryLoss.class);

    private final Recovery policy;
    private final FailureMessages messages;
    private final Attempts attempts;
    private final OldestEntry oldestEntry;
    private @Nullable MissedEvents missed;

    HistoryLoss(Shared<?> shared, Attempts attempts, OldestEntry oldestEntry) {
        this.policy = shared.settings().recovery();
        this.messages = shared.messages();
        this.attempts = attempts;
        this.oldestEntry = oldestEntry;
    }

    /** Asks the server for the cluster time of the oplog's oldest entry. */
    @FunctionalInterface
    interface OldestEntry {
        BsonTimestamp ask() throws SourceFailure, InterruptedException;
    }

    /**
     * Events that were lost and accepted as such.
     *
     * @param from the last cluster time that is complete; null for a watcher that had begun now
     */
    record MissedEvents(@Nullable BsonTimestamp from, HistoryLostPolicy policy, RuntimeException cause) {}

    /**
     * Where to go on; throws if the watcher is not to go on. Never the position that is lost. Waits where the new place was lost
     * as well, before any batch came: the oplog moves on faster than the server reads it.
     */
    Place respond(RuntimeException error, Place place) throws InterruptedException {
        if (missed != null && !attempts.waitAfter(error, policy.retry())) {
            throw messages.givenUp(attempts.failures(), error);
        }
        BsonTimestamp from = missed == null ? place.clusterTime().orElse(null) : missed.from();
        Optional<BsonTimestamp> oldest = oldest();
        HistoryLostPolicy decided =
                decided(new HistoryLost(messages.watcher(), Optional.ofNullable(from), oldest, error));
        Place next = switch (decided) {
            case FAIL -> throw messages.historyLost(Optional.ofNullable(from), oldest, error);
            case RESTART_FROM_NOW -> Place.at(StartPosition.now());
            case RESTART_FROM_OLDEST ->
                Place.at(StartPosition.at(oldest.orElseThrow(() -> messages.oldestUnknown(error))));
        };
        missed = new MissedEvents(from, decided, error);
        return next;
    }

    private HistoryLostPolicy decided(HistoryLost lost) {
        return Objects.requireNonNull(
                policy.whenHistoryLost().decide(lost),
                "whenHistoryLost(...) decided null; return FAIL, RESTART_FROM_OLDEST or RESTART_FROM_NOW of HistoryLostPolicy");
    }

    /** Asked again where the server cannot be reached; empty where it refuses. */
    private Optional<BsonTimestamp> oldest() throws InterruptedException {
        while (true) {
            try {
                return Optional.of(oldestEntry.ask());
            } catch (SourceFailure e) {
                RuntimeException error = e.error();
                boolean isOutage = FailureClassifier.classify(error, false, false) == FailureKind.TRANSIENT;
                if (!isOutage || !attempts.waitAfter(error, policy.retry())) {
                    LOG.info(
                            "[{}] The oldest entry of the oplog cannot be read ({}).",
                            messages.watcher(),
                            FailureMessages.describe(error));
                    return Optional.empty();
                }
            }
        }
    }

    /** The gap that is not handed out yet. */
    Optional<MissedEvents> missed() {
        return Optional.ofNullable(missed);
    }

    /** The gap is handed out. */
    void told() {
        missed = null;
    }

    /** A gap that cannot be handed out must not be lost in silence. */
    HistoryLostException gapWithoutPlace(MissedEvents lost) {
        return messages.gapWithoutPlace(lost.cause());
    }
}
