package io.changewatch.testkit.simulation;

import io.changewatch.HandlerFailurePolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.event.Namespace;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.retry.ExponentialBackoff;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.bson.BsonDocument;

/**
 * What one seed simulates: a watcher's options, and which faults there are. A few kinds of fault at a time, each often, find
 * more than all of them, each seldom.
 */
record Plan(
        Optional<Namespace> scope,
        Filter filter,
        boolean requiresImages,
        boolean canSplit,
        int batchSize,
        Saving saving,
        int maxUnsaved,
        Losing whenHistoryLost,
        InvalidatedPolicy whenInvalidated,
        Failing whenHandlerFails,
        UndeliverablePolicy whenUndeliverable,
        int writes,
        int lives,
        Set<Fault> faults,
        Delivery delivery,
        boolean isSteered) {

    /** What can go wrong. */
    enum Fault {
        ELECTION,
        NO_MAJORITY,
        NETWORK,
        LABELLED_ERROR,
        UNLABELLED_ERROR,
        UNKNOWN_ERROR,
        SILENCE,
        TOKEN_NOT_FOUND,
        SPURIOUS_OVERRUN,
        REFUSED_OPENING,
        ROLL_OVER,
        DROP,
        RENAME,
        DROP_DATABASE,
        TRANSACTION,
        LARGE_EVENT,
        UNSPLITTABLE_EVENT,
        MISSING_IMAGE,
        EXPIRED_IMAGES,
        SLOW_HANDLER,
        FAILING_HANDLER,
        HANGING_HANDLER,
        SLOW_STORE,
        REFUSED_SAVE,
        TORN_SAVE,
        REFUSED_LOAD,
        TAKEN_OVER,
        CRASH,
        DOWNTIME,
        OTHER_PIPELINE
    }

    /** What the watcher's pipeline leaves out. */
    enum Filter {
        NOTHING("{}"),
        UPDATES("{operationType: {$ne: 'update'}}"),
        ALL_BUT_INSERTS("{operationType: 'insert'}"),
        ODD_IMAGES("{'fullDocumentBeforeChange.odd': {$ne: true}}");

        private final String condition;

        Filter(String condition) {
            this.condition = condition;
        }

        List<BsonDocument> pipeline() {
            return this == NOTHING ? List.of() : List.of(new BsonDocument("$match", BsonDocument.parse(condition)));
        }
    }

    /** What is done when the oplog has lost the position. */
    enum Losing {
        FAIL,
        RESTART_FROM_NOW,
        RESTART_FROM_OLDEST,
        /** The application decides each time anew, or throws. */
        DECIDE
    }

    /** When a checkpoint is due. */
    enum Saving {
        EVERY_EVENT,
        EVERY_FEW_EVENTS,
        EVERY_SECOND;

        CheckpointPolicy policy() {
            return switch (this) {
                case EVERY_EVENT -> CheckpointPolicy.everyEvent();
                case EVERY_FEW_EVENTS -> CheckpointPolicy.everyEvents(5);
                case EVERY_SECOND -> CheckpointPolicy.standard();
            };
        }
    }

    /** What is done about a handler that fails. */
    enum Failing {
        STOP,
        SKIP,
        RETRY,
        RETRY_THEN_SKIP,
        RETRY_THEN_STOP;

        HandlerFailurePolicy policy() {
            return switch (this) {
                case STOP -> HandlerFailurePolicy.stop();
                case SKIP -> HandlerFailurePolicy.skip();
                case RETRY -> HandlerFailurePolicy.retry(delays());
                case RETRY_THEN_SKIP ->
                    HandlerFailurePolicy.retry(delays().maxAttempts(2)).thenSkip();
                case RETRY_THEN_STOP -> HandlerFailurePolicy.retry(delays().maxAttempts(2));
            };
        }

        private static ExponentialBackoff delays() {
            return RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5))
                    .jitter(0.5);
        }
    }

    static final Namespace WATCHED = Namespace.of("shop", "orders");

    static Plan of(SplittableRandom random) {
        return new Plan(
                scope(random),
                Filter.values()[random.nextInt(Filter.values().length)],
                random.nextInt(3) == 0,
                random.nextInt(4) != 0,
                random.nextBoolean() ? 1 + random.nextInt(5) : 1_000,
                Saving.values()[random.nextInt(Saving.values().length)],
                1 + random.nextInt(20),
                Losing.values()[random.nextInt(Losing.values().length)],
                random.nextInt(4) == 0 ? InvalidatedPolicy.STOP : InvalidatedPolicy.REOPEN,
                Failing.values()[random.nextInt(Failing.values().length)],
                random.nextInt(4) == 0 ? UndeliverablePolicy.FAIL : UndeliverablePolicy.SKIP,
                8 + random.nextInt(30),
                1 + random.nextInt(4),
                faults(random),
                Delivery.of(random),
                random.nextInt(4) == 0);
    }

    private static Optional<Namespace> scope(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(Namespace.of(WATCHED.database()));
            default -> Optional.of(WATCHED);
        };
    }

    private static Set<Fault> faults(SplittableRandom random) {
        Set<Fault> chosen = EnumSet.noneOf(Fault.class);
        for (Fault fault : Fault.values()) {
            if (random.nextInt(4) == 0 || (fault == Fault.CRASH && random.nextBoolean())) {
                chosen.add(fault);
            }
        }
        return chosen;
    }

    boolean has(Fault fault) {
        return faults.contains(fault);
    }
}
